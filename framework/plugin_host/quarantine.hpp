#pragma once

#include "base/clock.hpp"
#include "plugin_host/file_state.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace sonde::plugin_host {

// How often a plugin may fail to load before it is quarantined, and for how long it then is.
struct QuarantinePace {
    unsigned failures = 3;               // in a row
    std::chrono::milliseconds retry{1000};                    // between these
    std::chrono::milliseconds first{std::chrono::minutes(1)}; // in quarantine; doubled by each further failure
    std::chrono::milliseconds longest{std::chrono::hours(6)};
};

// A plugin file whose loading has ended or hung the process that tried, so many times in a row.
struct LoadFailures {
    unsigned count = 0;
    std::string reason; // of the last time
    bool quarantined = false;
    Now again{}; // when it is to be loaded again, and not before if it is quarantined

    bool operator==(const LoadFailures &other) const
    {
        return count == other.count && again.monotonic == other.again.monotonic;
    }

    // For a person: how often, why, and when it is tried again.
    std::string text() const;
    std::string again_text() const; // 2026-11-24T04:05:00Z
};

// Which plugin files keep failing to load. Another file at the same path begins anew. Not thread-safe.
class Quarantine {
public:
    explicit Quarantine(QuarantinePace pace) : pace_(pace) {}

    // The file at a path has failed to load, which it had that state at the beginning of.
    const LoadFailures &failed(const std::filesystem::path &plugin, const FileState &file, std::string reason, Now now);
    // The present file's failures; nullptr: none, or the file is another one by now.
    const LoadFailures *find(const std::filesystem::path &plugin);
    // The same, if it must not be loaded now.
    const LoadFailures *held(const std::filesystem::path &plugin, MonotonicTime now);
    // It was loaded, or is to begin anew. False: it had not failed.
    bool forget(const std::filesystem::path &plugin) { return entries_.erase(plugin) > 0; }
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        FileState file;
        LoadFailures failures;
    };

    QuarantinePace pace_;
    std::map<std::filesystem::path, Entry> entries_;
};

} // namespace sonde::plugin_host
