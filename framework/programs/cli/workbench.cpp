#include "programs/cli/workbench.hpp"

#include "plugin_host/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>

namespace sonde::cli {

namespace asio = boost::asio;

namespace {

template <class T>
T run_to_end(asio::io_context &loop, asio::awaitable<T> work)
{
    std::future<T> result = asio::co_spawn(loop, std::move(work), asio::use_future);
    // The host's own timers go on; only this is waited for.
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        if (loop.run_one() == 0)
            loop.restart(); // it had nothing to do before
    return result.get();
}

Error unreached()
{
    return {"", "the plugins could not be looked at: the launcher is not reached",
            std::string(plugin_host::kTransientHint)};
}

plugin_host::HostSettings settings_of(const std::string &log_level, const std::vector<std::string> &readable,
                                      PluginPrints &prints)
{
    plugin_host::HostSettings settings;
    settings.launcher_log = log_level;
    settings.readable = readable;
    settings.printed = [&prints](std::string_view text) { prints.take(text); };
    return settings;
}

} // namespace

Workbench::Workbench(Places places, std::shared_ptr<Log> log, const char *log_level,
                     const std::vector<std::string> &readable)
    : places_(std::move(places)), log_(std::move(log)), log_level_(log_level),
      host_(plugin_host::Host::spawn(loop_.get_executor(), places_.launcher, places_.runner, log_,
                                     settings_of(log_level_, readable, prints_)))
{
}

boost::system::result<std::unique_ptr<Workbench>, Failure> Workbench::make(const std::vector<std::string> &plugins,
                                                                           const char *log_level,
                                                                           const std::vector<std::string> &readable)
{
    for (const std::string &folder : plugins)
        if (std::error_code error; !std::filesystem::is_directory(folder, error))
            return Failure{{"--plugins", folder + ": " + (error ? error.message() : "is no folder"), ""}, kUsage};
    Result<Places> places = find_places(plugins);
    if (!places)
        return Failure{places.error(), kNothingRan};
    Result<std::shared_ptr<Log>> log = make_log("sonde", log_level);
    if (!log)
        return Failure{log.error(), kNothingRan};
    return std::unique_ptr<Workbench>(new Workbench(std::move(*places), std::move(*log), log_level, readable));
}

plugin_host::Host Workbench::attended(plugin_host::HostSettings settings, plugin_host::Attendance attendance)
{
    settings.launcher_log = log_level_;
    return plugin_host::Host::spawn(loop_.get_executor(), places_.launcher, places_.runner, log_, std::move(settings),
                                    std::move(attendance));
}

void Workbench::wait_gone(plugin_host::Host &attended, const std::filesystem::path &plugin)
{
    run_to_end(loop_, attended.wait_gone(plugin));
}

Result<plugin_host::CatalogueMethod> Workbench::find(const std::string &name)
{
    const std::size_t end = name.ends_with(".so") ? name.size() - 3 : name.rfind(".so:");
    if (end != std::string::npos)
        return find_in_file(name.substr(0, end + 3), name.size() > end + 4 ? name.substr(end + 4) : "");
    if (name.find('/') != std::string::npos)
        return Error{name, "is no plugin", "a plugin's file ends in .so"};
    plugin_host::Catalogue catalogue(host_, places_.plugins, log_);
    run_to_end(loop_, catalogue.scan());
    auto found = catalogue.find_method(name);
    if (!found && !catalogue.settled())
        return unreached();
    return found;
}

Result<plugin_host::Catalogue> Workbench::catalogue(plugin_host::Catalogue::Probing probing)
{
    plugin_host::Catalogue catalogue(host_, places_.plugins, log_);
    run_to_end(loop_, catalogue.scan(probing));
    if (!catalogue.settled())
        return unreached();
    return catalogue;
}

std::optional<plugin_host::RunResult> Workbench::probe(const plugin_host::CatalogueMethod &method)
{
    if (!method.method().has_probe)
        return std::nullopt;
    return run_to_end(loop_, host_.probe(method.file, method.index));
}

Result<plugin_host::CatalogueMethod> Workbench::find_in_file(const std::string &file, const std::string &method)
{
    std::error_code error;
    const std::filesystem::path path = std::filesystem::canonical(file, error);
    if (error)
        return Error{file, error.message(), ""};
    const auto described = run_to_end(loop_, host_.describe(path));
    if (!described)
        return described.error();
    plugin_host::CatalogueMethod found{path, described->hash, described->description, 0};
    const auto &methods = found.description->methods;
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < methods.size(); ++i) {
        names.push_back(methods[i].id);
        if (methods[i].id == method) {
            found.index = i;
            return found;
        }
    }
    if (method.empty() && methods.size() == 1)
        return found;
    std::string list;
    for (const std::string &each : names)
        list += (list.empty() ? "it has " : ", ") + each;
    return Error{file, method.empty() ? "has several methods" : "has no method '" + method + "'",
                 list + (method.empty() ? ": say " + file + ":" + names.front() : "")};
}

} // namespace sonde::cli
