#pragma once

#include <chrono>
#include <string>
#include <vector>

// Words for verdicts.
namespace sonde::checker {

// "a, b and 3 more".
std::string list(const std::vector<std::string> &items);

// "1.20 s", "35 ms".
std::string seconds(std::chrono::nanoseconds time);

} // namespace sonde::checker
