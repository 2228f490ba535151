#include "plugin_host/conduct.hpp"

namespace sonde::plugin_host {

void Conduct::note_load(const Runner &runner, const FileState &file)
{
    const std::filesystem::path &plugin = runner.plugin();
    if (file_state(plugin) != file || (!runner.ready() && runner.cause() == Cause::launcher))
        return;
    if (runner.ready() || runner.cause() == Cause::file) {
        if (quarantine_.forget(plugin) && runner.ready())
            log_->info("plugin loads again file={}", sonde::quoted(plugin.string()));
        return;
    }
    const LoadFailures failures = quarantine_.failed(plugin, file, runner.error().what, now());
    if (failures.quarantined)
        log_->warn("plugin quarantined file={} failures={} reason={} again={}", sonde::quoted(plugin.string()),
                   failures.count, sonde::quoted(failures.reason), failures.again_text());
    else
        log_->warn("plugin failed to load file={} failures={} reason={}", sonde::quoted(plugin.string()),
                   failures.count, sonde::quoted(failures.reason));
    if (load_failed_)
        load_failed_(plugin, failures);
}

bool Conduct::quarantined(const std::filesystem::path &plugin)
{
    const LoadFailures *failures = quarantine_.find(plugin);
    return failures != nullptr && failures->quarantined;
}

bool Conduct::cold(const std::filesystem::path &plugin) const
{
    const auto found = cold_.find(plugin);
    return found != cold_.end() && file_state(plugin) == found->second;
}

bool Conduct::note_cold(const std::filesystem::path &plugin, const std::string &why)
{
    const auto file = file_state(plugin);
    if (!file || cold(plugin))
        return false;
    std::erase_if(cold_, [](const auto &each) { return file_state(each.first) != each.second; });
    cold_[plugin] = *file;
    log_->warn("plugin runs cold file={} reason={}", sonde::quoted(plugin.string()), sonde::quoted(why));
    return true;
}

} // namespace sonde::plugin_host
