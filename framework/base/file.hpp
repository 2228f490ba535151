#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace sonde {

// All that is in a file of at most `max` bytes. The error names the file, and says what the system says or that it is
// longer. No more memory is touched than it needs.
Result<std::string> read_file(const std::filesystem::path &file, std::size_t max);
// The same of a descriptor, from where it stands to its end; `name` is what the error calls it.
Result<std::string> read_descriptor(int descriptor, const std::string &name, std::size_t max);

} // namespace sonde
