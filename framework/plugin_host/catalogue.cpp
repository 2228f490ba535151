#include "plugin_host/catalogue.hpp"

#include "base/nearest.hpp"
#include "plugin_host/functions.hpp"

#include <algorithm>
#include <set>

namespace sonde::plugin_host {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// A bigger file is no plugin; hashing it would stop the agent for seconds.
constexpr off_t kFileBytesMax = 256 * 1024 * 1024;

bool implements(const frames::MethodDescription &method, const model::Function &wanted)
{
    return find_function(method, wanted) != nullptr;
}

std::vector<model::Function> functions_of(const frames::MethodDescription &method)
{
    std::vector<model::Function> functions;
    for (const auto &function : method.functions)
        functions.push_back({function.uri, function.roles});
    return functions;
}

} // namespace

Catalogue::Catalogue(Host &host, std::vector<fs::path> directories, std::shared_ptr<Log> log,
                     std::function<void()> news)
    : host_(&host), directories_(std::move(directories)), log_(std::move(log)),
      looks_(std::make_shared<Looks>(host, log_))
{
    looks_->on_found = std::move(news);
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

bool Catalogue::Seen::asks_on() const
{
    const auto &methods = plugin.description->methods;
    for (std::size_t i = 0; i < methods.size(); ++i)
        if (methods[i].has_probe && (i >= unfit.size() || !unfit[i].value_or("unknown").empty()))
            return true;
    return false;
}

bool Catalogue::order(const fs::path &path, Probing probing)
{
    const std::optional<FileState> state = file_state(path);
    const auto before = seen_.find(path);
    if (!state || !S_ISREG(state->mode) || state->bytes > kFileBytesMax) {
        looks_->forget(path);
        Looks::Found found;
        found.state = state.value_or(FileState{});
        found.plugin = {path, "", nullptr, "is no regular file of at most 256 MiB"};
        return take_in(std::move(found));
    }
    if (looks_->under_way(path, *state))
        return false;
    const bool unchanged = before != seen_.end() && before->second.state == *state;
    const auto failures = unchanged ? host_->load_failures(path) : std::nullopt;
    const bool is_news = failures && failures->quarantined && before->second.plugin.failures != failures;
    if (failures && !is_news && now().monotonic < failures->again.monotonic)
        return false;
    Unfit unfit;
    if (unchanged && before->second.plugin.ready() && !failures && host_->admits(path, before->second.plugin.hash)) {
        if (probing == Probing::no || !before->second.asks_on())
            return false;
        unfit = before->second.unfit;
    } else if (before != seen_.end()) {
        // What was refused is looked at again: a library that it needs may be there by now.
        host_->retire(path);
    }
    looks_->begin({path, *state, probing == Probing::yes, std::move(unfit)});
    return false;
}

bool Catalogue::take_in(Looks::Found found)
{
    const fs::path path = found.plugin.file;
    const auto before = seen_.find(path);
    const PluginFile &plugin = found.plugin;
    const bool news = before == seen_.end() || before->second.plugin.hash != plugin.hash ||
                      before->second.plugin.reason != plugin.reason || before->second.plugin.ready() != plugin.ready();
    if (news && plugin.ready())
        log_->info("plugin ready file={} runs={} sha256={}", sonde::quoted(path.string()),
                   frames::runs_cold(*plugin.description) ? "cold" : "warm", plugin.hash);
    else if (news)
        log_->warn("plugin refused file={} reason={}", sonde::quoted(path.string()), sonde::quoted(plugin.reason));
    Seen seen{found.state, found.definite, plugin, std::move(found.unfit), nullptr};
    if (plugin.failures && before != seen_.end() && before->second.state == found.state)
        seen.former = before->second.plugin.ready() ? before->second.plugin.description : before->second.former;
    seen_[path] = std::move(seen);
    return news || found.other_unfit;
}

// A file that is another one by now than what is known, and that is still looked at: it offers nothing for the moment.
bool Catalogue::await_look(const fs::path &path)
{
    const std::optional<FileState> state = file_state(path);
    const auto known = seen_.find(path);
    if (!state || !looks_->under_way(path, *state) || (known != seen_.end() && known->second.state == *state))
        return false;
    log_->info("plugin is being looked at file={}", sonde::quoted(path.string()));
    seen_[path] = {*state, true, {path, "", nullptr, "is being looked at", {}, false}, {}, nullptr};
    return true;
}

bool Catalogue::drop_gone(const std::vector<fs::path> &paths)
{
    return std::erase_if(seen_, [&](const auto &entry) {
               const fs::path &path = entry.first;
               if (std::find(paths.begin(), paths.end(), path) != paths.end())
                   return false;
               looks_->forget(path);
               host_->retire(path);
               log_->info("plugin gone file={}", sonde::quoted(path.string()));
               return true;
           }) > 0;
}

asio::awaitable<bool> Catalogue::scan(Probing probing, std::chrono::milliseconds patience)
{
    const auto latest = std::chrono::steady_clock::now() + patience;
    const std::vector<fs::path> paths = list();
    bool changed = drop_gone(paths);
    // What no earlier scan has waited for.
    std::set<fs::path> known;
    for (Looks::Found &found : looks_->take()) {
        known.insert(found.plugin.file);
        changed = take_in(std::move(found)) || changed;
    }
    for (const fs::path &path : paths)
        if (const auto seen = seen_.find(path); !known.contains(path) || file_state(path) != seen->second.state)
            changed = order(path, probing) || changed;
    co_await looks_->wait(latest);
    for (Looks::Found &found : looks_->take())
        changed = take_in(std::move(found)) || changed;
    for (const fs::path &path : paths)
        changed = await_look(path) || changed;
    rebuild(paths);
    co_return changed;
}

// Who offers what, in the order of the directories.
void Catalogue::rebuild(const std::vector<fs::path> &paths)
{
    files_.clear();
    methods_.clear();
    for (const fs::path &path : paths) {
        const auto found = seen_.find(path);
        if (found == seen_.end())
            continue; // it has come and gone
        PluginFile plugin = found->second.plugin;
        for (std::uint32_t i = 0; plugin.ready() && i < plugin.description->methods.size(); ++i) {
            const std::string &name = plugin.description->methods[i].id;
            const auto &unfit = found->second.unfit;
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

bool Catalogue::looking() const
{
    return std::any_of(seen_.begin(), seen_.end(),
                       [&](const auto &entry) { return looks_->under_way(entry.first, entry.second.state); });
}

MonotonicTime Catalogue::look_again() const
{
    MonotonicTime first = MonotonicTime::max();
    for (const auto &[path, seen] : seen_)
        if (const auto failures = host_->load_failures(path); failures && !looks_->under_way(path, seen.state))
            first = std::min(first, failures->again.monotonic);
    return first;
}

const PluginFile *Catalogue::quarantined(const model::Task &task) const
{
    for (const auto &[path, seen] : seen_) {
        if (!seen.plugin.failures || !seen.plugin.failures->quarantined)
            continue;
        if (task.program && seen.former == nullptr && path.stem() == *task.program)
            return &seen.plugin;
        if (seen.former == nullptr)
            continue;
        for (const auto &method : seen.former->methods)
            if (task.program ? method.id == *task.program
                             : std::all_of(task.functions.begin(), task.functions.end(),
                                           [&](const auto &function) { return implements(method, function); }))
                return &seen.plugin;
    }
    return nullptr;
}

std::vector<fs::path> Catalogue::release(const std::string &name)
{
    std::vector<fs::path> released;
    for (const auto &[path, seen] : seen_) {
        const bool named = name.find('/') != name.npos ? path == fs::path(name).lexically_normal()
                                                       : path.filename() == name || path.stem() == name ||
                                                             (seen.former != nullptr && seen.former->name == name);
        if (named && host_->release(path))
            released.push_back(path);
    }
    return released;
}

} // namespace sonde::plugin_host
