#include "programs/cli/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sonde::cli {

Result<std::string> read_file(const std::string &path, std::size_t max)
{
    const bool standard_input = path == "-";
    const int file = standard_input ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return Error{path, std::strerror(errno), ""};
    std::string text;
    std::array<char, 65536> part{};
    ssize_t count = 0;
    while (text.size() <= max && ((count = read(file, part.data(), part.size())) > 0 || (count < 0 && errno == EINTR)))
        text.append(part.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    const int error = errno;
    if (!standard_input)
        close(file);
    if (count < 0)
        return Error{path, std::strerror(error), ""};
    if (text.size() > max)
        return Error{path, "longer than " + std::to_string(max) + " bytes", ""};
    return {boost::system::in_place_value, std::move(text)};
}

} // namespace sonde::cli
