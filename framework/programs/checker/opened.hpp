#pragma once

#include "base/result.hpp"
#include "frames/description.hpp"
#include "hosting/library.hpp"

#include <string>
#include <vector>

namespace sonde::checker {

// A plugin that is loaded into this process, which is without threads of its own, and what it says of itself.
struct Opened {
    hosting::Library library;
    frames::Description description; // as it stands; it may break rules
};

Result<Opened> open_plugin(const std::string &path);

// The extensions that it requires and that a host of this version lacks.
std::vector<std::string> missing_extensions(const frames::Description &description);

// One struct of a description in the plugin's own memory.
struct Part {
    std::string where; // "ping/target"
    const void *at;
    std::size_t size;       // as the struct says
    std::uint32_t reserved; // all fields that have to be zero, joined by OR
};

// Every struct of a description that could be read.
std::vector<Part> parts(const sonde_plugin &plugin);

} // namespace sonde::checker
