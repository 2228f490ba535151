#pragma once

#include "base/log.hpp"
#include "frames/description.hpp"
#include "plugin_host/file_state.hpp"
#include "policy/policy.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace sonde::agent {

// The line owner's limits, looked at before each decision, so that a changed file holds at once. A file that is
// missing, unreadable or wrong refuses everything: it fails closed.
class PolicyFile {
public:
    PolicyFile(std::filesystem::path file, std::shared_ptr<Log> log) : file_(std::move(file)), log_(std::move(log)) {}

    const policy::Policy &current();
    // Why the current one refuses everything, else empty. It may quote the file, and is for the owner alone.
    const std::string &reason() const { return reason_; }
    // Whether a plugin's file with that SHA-256 may be loaded; the error says why not.
    Result<void> admit(const std::filesystem::path &file, const std::string &hash);

    // Of the SONDE_PRIVILEGE_ bits that a method declares, those that it gets.
    std::uint32_t granted(const frames::MethodDescription &method);
    // Whether nothing is loaded where a layer of its confinement is missing; so it is while no policy has been read.
    bool strict_isolation();

private:
    // The last ones that were no mistake: a file that is wrong at the moment takes no rule away.
    const std::optional<policy::Policy> &rules();

    std::filesystem::path file_;
    std::shared_ptr<Log> log_;
    std::string text_;
    std::optional<plugin_host::FileState> read_; // of which no change can look the same
    std::string reason_;                         // logged once for each
    policy::Policy policy_ = policy::Policy::deny_all("the policy has not been read");
    std::optional<policy::Policy> rules_;
    bool loaded_ = false;
};

} // namespace sonde::agent
