#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sonde::checker {

// How another program ended that a rule has asked.
struct CommandEnd {
    bool started = false;
    bool in_time = true;
    int wait_status = 0; // as from waitpid(2)
    std::string output;  // stdout and stderr together, at most 256 KiB
};

// Runs a program to its end, or kills it and its process group after `limit`. `variables` ("NAME=value") are added to
// this process's environment. Blocks.
CommandEnd run_command(const std::vector<std::string> &command, const std::vector<std::string> &variables,
                       std::chrono::milliseconds limit);

} // namespace sonde::checker
