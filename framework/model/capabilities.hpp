#pragma once

#include "base/clock.hpp"
#include "model/entry_identity.hpp"
#include "model/instruction.hpp"

#include <string>
#include <vector>

// What an agent tells its Controller of itself: the capabilities of RFC 8194 with what sonde-lmap adds, and Failure
// Information (RFC 7594 section 3).
namespace sonde::model {

// A method that this agent can run.
struct CapabilityTask {
    std::string name; // the method's
    std::vector<Function> functions;
    std::string version; // the method's
    std::string program;
    std::string plugin_hash;
    std::string plugin_version{};

    bool operator==(const CapabilityTask &) const = default;
};

// A plugin file that was found and cannot be used, and why.
struct RefusedPlugin {
    std::string file;
    std::string reason;

    bool operator==(const RefusedPlugin &) const = default;
};

struct Capabilities {
    std::string version; // of the agent's software
    std::vector<std::string> tags;
    std::vector<CapabilityTask> tasks;
    std::vector<RefusedPlugin> refused_plugins;

    bool operator==(const Capabilities &) const = default;
};

// Something that went wrong with an instruction, a report, or telling of either. The spool gives it its identity.
struct Failure {
    WallTime time;
    std::string kind; // instruction, report, spool, plugin, capabilities, failure
    std::string path; // where: an instance path in the instruction, a file, a URL
    std::string message;
    EntryIdentity identity{};

    bool operator==(const Failure &) const = default;
};

} // namespace sonde::model
