#include "frames/loaded_file.hpp"

#include <sys/stat.h>

namespace sonde::frames {

std::optional<LoadedFile> loaded_file(const std::string &path)
{
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0)
        return std::nullopt;
    return LoadedFile{path, file.st_dev, file.st_ino, static_cast<std::uint64_t>(file.st_size),
                      std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec};
}

} // namespace sonde::frames
