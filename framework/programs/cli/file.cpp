#include "programs/cli/file.hpp"

#include "base/file.hpp"

#include <unistd.h>

namespace sonde::cli {

Result<std::string> read_given(const std::string &path, std::size_t max)
{
    return path == "-" ? read_descriptor(STDIN_FILENO, path, max) : read_file(path, max);
}

} // namespace sonde::cli
