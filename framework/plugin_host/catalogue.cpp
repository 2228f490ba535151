#include "plugin_host/catalogue.hpp"

#include "base/nearest.hpp"
#include "plugin_host/hash.hpp"

#include <algorithm>

namespace sonde::plugin_host {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// A bigger file is no plugin; hashing it would stop the agent for seconds.
constexpr off_t kFileBytesMax = 256 * 1024 * 1024;

bool same(const timespec &a, const timespec &b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool implements(const frames::MethodDescription &method, const model::Function &wanted)
{
    return std::any_of(method.functions.begin(), method.functions.end(), [&](const auto &function) {
        return function.uri == wanted.uri &&
               std::all_of(wanted.roles.begin(), wanted.roles.end(), [&](const std::string &role) {
                   return std::find(function.roles.begin(), function.roles.end(), role) != function.roles.end();
               });
    });
}

std::vector<model::Function> functions_of(const frames::MethodDescription &method)
{
    std::vector<model::Function> functions;
    for (const auto &function : method.functions)
        functions.push_back({function.uri, function.roles});
    return functions;
}

} // namespace

Catalogue::Catalogue(Host &host, std::vector<fs::path> directories, std::shared_ptr<Log> log)
    : host_(&host), directories_(std::move(directories)), log_(std::move(log))
{
}

std::vector<fs::path> Catalogue::list() const
{
    std::vector<fs::path> all;
    for (const fs::path &directory : directories_) {
        std::vector<fs::path> here;
        std::error_code error;
        for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
            const std::string name = entry->path().filename().string();
            if (name.ends_with(".so") && !name.starts_with('.'))
                here.push_back(fs::absolute(entry->path()).lexically_normal());
        }
        if (error && error != std::errc::no_such_file_or_directory)
            log_->warn("plugin directory unreadable directory={} reason={}", sonde::quoted(directory.string()),
                       sonde::quoted(error.message()));
        std::sort(here.begin(), here.end());
        for (const fs::path &file : here)
            if (std::find(all.begin(), all.end(), file) == all.end())
                all.push_back(file);
    }
    return all;
}

// `definite`: another look at the same file would say the same.
asio::awaitable<PluginFile> Catalogue::examine(fs::path file, bool &definite)
{
    PluginFile plugin{file, "", nullptr, ""};
    definite = true;
    const auto described = co_await host_->describe(file);
    if (described) {
        plugin.hash = described->hash;
        plugin.description = described->description;
        co_return plugin;
    }
    if (const Result<std::string> hash = hash_file(file))
        plugin.hash = *hash;
    plugin.reason = described.error().what;
    definite = described.error().hint != kTransientHint;
    co_return plugin;
}

asio::awaitable<bool> Catalogue::probe(Seen &seen)
{
    bool changed = false;
    const auto &methods = seen.plugin.description->methods;
    seen.unfit.resize(methods.size());
    for (std::uint32_t i = 0; i < methods.size(); ++i) {
        std::optional<std::string> &unfit = seen.unfit[i];
        if (!methods[i].has_probe || (unfit && unfit->empty()))
            continue;
        const RunResult result = co_await host_->probe(seen.plugin.file, i);
        // These say nothing of the method.
        if (result.status == kStatusNoLauncher || result.status == kStatusNotStarted)
            continue;
        std::string answer;
        if (result.status != 0)
            answer = result.message.empty() ? status_name(result.status, &methods[i]) : result.message;
        if (unfit.value_or("") != answer) {
            changed = true;
            if (answer.empty())
                log_->info("method can run here method={}", methods[i].id);
            else
                log_->warn("method cannot run here method={} reason={}", methods[i].id, sonde::quoted(answer));
        }
        unfit = std::move(answer);
    }
    co_return changed;
}

asio::awaitable<bool> Catalogue::scan(Probing probing)
{
    const std::vector<fs::path> paths = list();
    std::map<fs::path, Seen> seen;
    bool changed = false;
    for (const fs::path &path : paths) {
        struct stat status {};
        const auto before = seen_.find(path);
        if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > kFileBytesMax) {
            seen[path] = {};
            seen[path].definite = true;
            seen[path].plugin = {path, "", nullptr, "is no regular file of at most 256 MiB"};
            changed = changed || before == seen_.end() || before->second.plugin.ready();
            continue;
        }
        const bool unchanged = before != seen_.end() && before->second.device == status.st_dev &&
                               before->second.inode == status.st_ino && before->second.size == status.st_size &&
                               same(before->second.modified, status.st_mtim) &&
                               same(before->second.changed, status.st_ctim);
        // What was refused is looked at again: a library that it needs may be there by now.
        if (unchanged && before->second.plugin.ready() && host_->admits(path, before->second.plugin.hash)) {
            seen[path] = before->second;
            continue;
        }
        if (before != seen_.end())
            host_->retire(path);
        bool definite = false;
        PluginFile plugin = co_await examine(path, definite);
        const bool news = before == seen_.end() || before->second.plugin.hash != plugin.hash ||
                          before->second.plugin.reason != plugin.reason ||
                          before->second.plugin.ready() != plugin.ready();
        if (news && plugin.ready())
            log_->info("plugin ready file={} runs={} sha256={}", sonde::quoted(path.string()),
                       plugin.description->cold ? "cold" : "warm", plugin.hash);
        else if (news)
            log_->warn("plugin refused file={} reason={}", sonde::quoted(path.string()), sonde::quoted(plugin.reason));
        changed = changed || news;
        seen[path] = {status.st_dev,  status.st_ino, status.st_size,    status.st_mtim,
                      status.st_ctim, definite,      std::move(plugin), {}};
    }
    for (auto &[path, file] : seen) {
        if (probing == Probing::no || !file.plugin.ready())
            continue;
        const bool other = co_await probe(file);
        changed = changed || other;
    }
    for (const auto &[path, old] : seen_) {
        if (seen.contains(path))
            continue;
        changed = true;
        host_->retire(path);
        log_->info("plugin gone file={}", sonde::quoted(path.string()));
    }
    seen_ = std::move(seen);
    rebuild(paths);
    co_return changed;
}

// Who offers what, in the order of the directories.
void Catalogue::rebuild(const std::vector<fs::path> &paths)
{
    files_.clear();
    methods_.clear();
    for (const fs::path &path : paths) {
        PluginFile plugin = seen_.at(path).plugin;
        for (std::uint32_t i = 0; plugin.ready() && i < plugin.description->methods.size(); ++i) {
            const std::string &name = plugin.description->methods[i].id;
            const auto &unfit = seen_.at(path).unfit;
            if (i < unfit.size() && unfit[i] && !unfit[i]->empty()) {
                plugin.reason += (plugin.reason.empty() ? "" : "; ") + name + " cannot run here: " + *unfit[i];
                continue;
            }
            const auto taken = std::find_if(methods_.begin(), methods_.end(),
                                            [&](const CatalogueMethod &each) { return each.method().id == name; });
            if (taken == methods_.end())
                methods_.push_back({path, plugin.hash, plugin.description, i});
            else
                plugin.reason += (plugin.reason.empty() ? "" : "; ") + name + " is shadowed by " + taken->file.string();
        }
        files_.push_back(std::move(plugin));
    }
}

Result<CatalogueMethod> Catalogue::find_method(std::string_view name) const
{
    std::vector<std::string> names;
    for (const CatalogueMethod &each : methods_) {
        if (each.method().id == name)
            return each;
        names.push_back(each.method().id);
    }
    for (const auto &[file, seen] : seen_)
        for (std::size_t i = 0; i < seen.unfit.size(); ++i)
            if (seen.plugin.description->methods[i].id == name && !seen.unfit[i].value_or("").empty())
                return Error{"", std::string(name) + " cannot run here", *seen.unfit[i]};
    for (const PluginFile &plugin : files_)
        if (!plugin.ready() && plugin.file.stem() == name)
            return Error{"", "no method '" + std::string(name) + "': " + plugin.file.string() + " is refused",
                         plugin.reason};
    const auto near = nearest(name, names);
    std::string list;
    for (const std::string &each : names)
        list += (list.empty() ? "there are " : ", ") + each;
    return Error{"", "no method '" + std::string(name.substr(0, 80)) + "'",
                 near           ? "did you mean '" + *near + "'?"
                 : list.empty() ? "there is no plugin in the plugin directories"
                                : list};
}

Result<CatalogueMethod> Catalogue::find_method(const model::Task &task) const
{
    if (task.program) {
        auto found = find_method(*task.program);
        for (const model::Function &function : task.functions)
            if (found && !implements(found->method(), function))
                return Error{task.name,
                             "program " + *task.program + " does not implement " + function.uri +
                                 (function.roles.empty() ? "" : " in all its roles"),
                             ""};
        return found;
    }
    std::string wanted;
    for (const model::Function &function : task.functions)
        wanted += (wanted.empty() ? "" : ", ") + function.uri;
    if (task.functions.empty())
        return Error{task.name, "the task names neither a function nor a program", ""};
    for (const CatalogueMethod &each : methods_)
        if (std::all_of(task.functions.begin(), task.functions.end(),
                        [&](const model::Function &function) { return implements(each.method(), function); }))
            return each;
    return Error{task.name, "no method implements " + wanted, ""};
}

std::vector<model::CapabilityTask> Catalogue::capability_tasks() const
{
    std::vector<model::CapabilityTask> tasks;
    for (const CatalogueMethod &each : methods_)
        tasks.push_back({each.method().id, functions_of(each.method()), each.method().version, each.method().id,
                         each.hash, each.description->version});
    return tasks;
}

std::vector<model::RefusedPlugin> Catalogue::refused() const
{
    std::vector<model::RefusedPlugin> refused;
    for (const PluginFile &plugin : files_)
        if (!plugin.reason.empty())
            refused.push_back({plugin.file.string(), plugin.reason});
    return refused;
}

bool Catalogue::settled() const
{
    return std::all_of(seen_.begin(), seen_.end(), [](const auto &entry) { return entry.second.definite; });
}

} // namespace sonde::plugin_host
