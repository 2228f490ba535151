#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace sonde::plugin_host {

// The SHA-256 of a file in lower-case hex. Blocks while it is read.
Result<std::string> hash_file(const std::filesystem::path &file);
// The same of one that is open; its offset is left alone.
Result<std::string> hash_descriptor(int file);

} // namespace sonde::plugin_host
