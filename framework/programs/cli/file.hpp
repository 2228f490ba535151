#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>

namespace sonde::cli {

// What a person gives as a file: all of it, or of stdin for "-". An error if it cannot be read or has more than `max`
// bytes.
Result<std::string> read_given(const std::string &path, std::size_t max);

} // namespace sonde::cli
