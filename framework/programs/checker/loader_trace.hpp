#pragma once

#include "base/result.hpp"

#include <string>
#include <vector>

namespace sonde::checker {

// What the system's dynamic loader misses for a file alone, without whatever a program that loads it brings along.
struct LoaderTrace {
    std::vector<std::string> missing_libraries;
    std::vector<std::string> undefined_symbols;
    std::vector<std::string> missing_versions; // in the loader's words
};

// Asks the loader to trace, as ldd -r does: the file is mapped and bound in a process of its own, and none of its code
// runs.
Result<LoaderTrace> trace_loader(const std::string &path);

} // namespace sonde::checker
