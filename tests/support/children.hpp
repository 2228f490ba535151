#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/types.h>
#include <system_error>
#include <vector>

namespace sonde::test {

inline std::vector<pid_t> children_of(pid_t parent)
{
    std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    return {std::istream_iterator<pid_t>(file), {}};
}

// A launcher's children without its front, which is the same program.
inline std::vector<pid_t> runners_of(pid_t launcher)
{
    const auto program = [](pid_t pid) {
        std::error_code none;
        return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", none);
    };
    std::vector<pid_t> runners = children_of(launcher);
    std::erase_if(runners, [&](pid_t pid) { return program(pid) == program(launcher); });
    return runners;
}

} // namespace sonde::test
