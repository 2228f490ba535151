#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sonde::checker {

// What of a process everybody in it shares, and what a library must therefore leave as it was.
struct ProcessState {
    std::vector<std::string> descriptors; // "5 socket:[1234]"
    std::size_t threads = 0;
    bool has_children = false;        // or had some that it waited for
    std::vector<std::string> signals; // handlers, the mask and the timers, one text each
    std::string locale;
    unsigned umask = 0;
    std::string directory;
    std::vector<std::string> environment;
};

// Of this process, now.
ProcessState read_process_state();

// What is in `after` and not in `before`.
std::vector<std::string> added(const std::vector<std::string> &before, const std::vector<std::string> &after);

std::size_t count_descriptors();

} // namespace sonde::checker
