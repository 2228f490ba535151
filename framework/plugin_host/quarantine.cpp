#include "plugin_host/quarantine.hpp"

#include "model/date_time.hpp"

#include <algorithm>
#include <utility>

namespace sonde::plugin_host {

std::string LoadFailures::text() const
{
    if (!quarantined)
        return reason;
    return "quarantined after " + std::to_string(count) + " failed loads in a row, the last: " + reason +
           "; tried again at " + again_text();
}

std::string LoadFailures::again_text() const
{
    return model::format_date_time(std::chrono::ceil<std::chrono::seconds>(again.wall));
}

const LoadFailures &Quarantine::failed(const std::filesystem::path &plugin, const FileState &file, std::string reason,
                                       Now now)
{
    // Names come and go: a file that is gone, or another one by now, takes no memory for ever.
    std::erase_if(entries_, [](const auto &each) { return file_state(each.first) != each.second.file; });
    Entry &entry = entries_[plugin];
    if (!(entry.file == file))
        entry = {file, {}};
    LoadFailures &failures = entry.failures;
    ++failures.count;
    failures.reason = std::move(reason);
    failures.quarantined = failures.count >= pace_.failures;
    std::chrono::milliseconds wait = pace_.retry;
    if (failures.quarantined) {
        wait = pace_.first;
        for (unsigned more = pace_.failures; more < failures.count && wait < pace_.longest; ++more)
            wait *= 2;
        wait = std::min(wait, pace_.longest);
    }
    failures.again = {now.wall + wait, now.monotonic + wait};
    return failures;
}

const LoadFailures *Quarantine::find(const std::filesystem::path &plugin)
{
    const auto found = entries_.find(plugin);
    if (found == entries_.end())
        return nullptr;
    const auto file = file_state(plugin);
    if (file && *file == found->second.file)
        return &found->second.failures;
    entries_.erase(found);
    return nullptr;
}

const LoadFailures *Quarantine::held(const std::filesystem::path &plugin, MonotonicTime now)
{
    const LoadFailures *failures = find(plugin);
    return failures != nullptr && failures->quarantined && now < failures->again.monotonic ? failures : nullptr;
}

} // namespace sonde::plugin_host
