#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace sonde::plugin_host {

// The SHA-256 of a text in lower-case hex. Throws where OpenSSL has none.
std::string hash_text(std::string_view text);
// The same of a file. Blocks while it is read.
Result<std::string> hash_file(const std::filesystem::path &file);
// The same of one that is open; its offset is left alone.
Result<std::string> hash_descriptor(int file);

} // namespace sonde::plugin_host
