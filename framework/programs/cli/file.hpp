#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>

namespace sonde::cli {

// The whole file, or stdin for "-". An error if it cannot be read or has more than `max` bytes.
Result<std::string> read_file(const std::string &path, std::size_t max);

} // namespace sonde::cli
