#pragma once

#include "accepted.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "channel/identity.hpp"
#include "channel/url.hpp"
#include "frames/messages.hpp"
#include "spool/spool.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sonde::agent {

// Where reports to files go.
struct ReportsFolder {
    std::filesystem::path path;
    std::uint64_t bytes_max = 0; // of all files in it
};

struct AgentOptions {
    Uuid id{};                                         // the MA-ID
    std::shared_ptr<const channel::Identity> identity; // none: neither a controller nor collectors are reached
    std::optional<channel::Url> controller;            // none: `instruction` is followed
    std::filesystem::path instruction;                 // a file, or a folder of parts
    std::optional<ReportsFolder> reports;
    std::filesystem::path policy;
    std::vector<std::filesystem::path> plugins;
    std::filesystem::path launcher;            // its socket
    std::vector<std::string> readable;         // where libraries of plugins may lie, besides the system's places
    std::filesystem::path socket;              // of its own, for those on this machine
    std::optional<gid_t> socket_group;         // whose members it answers, besides root and its own user
    std::vector<frames::Parameter> parameters; // what methods may know of the line
    std::chrono::seconds longest_run{3600};
    std::chrono::seconds longest_wait{300}; // of a run for its turn beside an exclusive one
    std::chrono::seconds longest_stop{15};  // for what runs to end in order
};

// What an agent with these options can take an instruction for.
Self self_of(const AgentOptions &options);

// The Measurement Agent of RFC 7594: schedule, policy, plugin host, spool, control and report channel around one loop.
// Runs until SIGTERM or SIGINT, and returns when what ran has been accounted for, or has
// not in the time for it: then the next start accounts for it.
void run_agent(boost::asio::io_context &loop, AgentOptions options, spool::Spool spool, std::shared_ptr<Log> log);

} // namespace sonde::agent
