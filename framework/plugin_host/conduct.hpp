#pragma once

#include "base/log.hpp"
#include "plugin_host/file_state.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/quarantine.hpp"
#include "plugin_host/runner.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace sonde::plugin_host {

// How plugins' files have behaved: which keep failing to load, and which do not bear a fork. It says so in the log when
// it begins and ends. Of a file that is another one by now nothing is known. Not thread-safe.
class Conduct {
public:
    Conduct(const HostSettings &settings, std::shared_ptr<Log> log)
        : load_failed_(settings.load_failed), quarantine_(settings.quarantine), log_(std::move(log))
    {
    }

    // What a runner's beginning says of its file, which had that state when it was started.
    void note_load(const Runner &runner, const FileState &file);
    Quarantine &quarantine() { return quarantine_; }
    bool quarantined(const std::filesystem::path &plugin);

    // Whether each run of the plugin is to load it.
    bool cold(const std::filesystem::path &plugin) const;
    // From now on, as long as it is that file. False: it is cold already, or gone.
    bool note_cold(const std::filesystem::path &plugin, const std::string &why);

private:
    std::function<void(const std::filesystem::path &, const LoadFailures &)> load_failed_;
    Quarantine quarantine_;
    std::map<std::filesystem::path, FileState> cold_;
    std::shared_ptr<Log> log_;
};

} // namespace sonde::plugin_host
