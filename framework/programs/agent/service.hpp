#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sonde::agent {

// What the command line says, as it stands there.
struct ServiceOptions {
    std::string identity;
    std::string controller;
    std::string instruction;
    std::string reports;
    std::uint64_t reports_mib = 256;
    std::string state;
    std::string policy;
    std::vector<std::string> plugins;
    std::string launcher = "/run/sonde/launcher.sock";
    std::vector<std::string> readable;
    std::string socket;
    std::string socket_group;
    std::vector<std::string> parameters;
    std::uint64_t spool_mib = 64;
    std::uint64_t longest_run_s = 3600;
    std::uint64_t longest_wait_s = 300;
    std::uint64_t longest_stop_s = 15;
    std::string log_level = "info";
};

// The agent's life, from its options to SIGTERM. What is wrong goes to standard error. Returns the exit status: 0 ended
// in order, 2 an option or the instruction is wrong, 3 the identity cannot be used, 4 the spool or the agent failed.
int serve(const ServiceOptions &options);

} // namespace sonde::agent
