#pragma once

#include "hosting/forbid.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace sonde::checker {

// What loading a plugin's file has done to a process that did nothing else.
struct LoadTrial {
    enum class End { loaded, refused, crashed, ended, late };
    End end = End::ended;
    std::string error; // of the dynamic loader
    int signal = 0;
    std::chrono::nanoseconds took{};
    std::map<std::string, std::string> changes; // what is not as it was, in words, by aspect: "umask"
    std::string output;                         // on stdout or stderr
};

// Loads it in a process of its own, as the runner does, which dies of that deed. Blocks up to five seconds.
LoadTrial try_load(const std::string &path, std::optional<hosting::Deed> deadly = std::nullopt);

} // namespace sonde::checker
