#include "base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sonde {

Result<std::string> read_file(const std::filesystem::path &file, std::size_t max)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return Error{file.string(), std::strerror(errno), ""};
    Result<std::string> text = read_descriptor(descriptor, file.string(), max);
    ::close(descriptor);
    return text;
}

Result<std::string> read_descriptor(int descriptor, const std::string &name, std::size_t max)
{
    std::string text;
    std::array<char, 16384> part;
    ssize_t count = 0;
    while (text.size() <= max &&
           ((count = ::read(descriptor, part.data(), part.size())) > 0 || (count < 0 && errno == EINTR)))
        text.append(part.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count < 0)
        return Error{name, std::strerror(errno), ""};
    if (text.size() > max)
        return Error{name, "longer than " + std::to_string(max) + " bytes", ""};
    return {boost::system::in_place_value, std::move(text)};
}

} // namespace sonde
