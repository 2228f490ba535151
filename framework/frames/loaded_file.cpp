#include "frames/loaded_file.hpp"

#include <sys/stat.h>

namespace sonde::frames {

namespace {

std::int64_t to_ns(const timespec &time)
{
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

} // namespace

std::optional<LoadedFile> loaded_file(const std::string &path)
{
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0)
        return std::nullopt;
    return LoadedFile{path,
                      file.st_dev,
                      file.st_ino,
                      static_cast<std::uint64_t>(file.st_size),
                      to_ns(file.st_mtim),
                      to_ns(file.st_ctim)};
}

} // namespace sonde::frames
