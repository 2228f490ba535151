#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>

namespace sonde::plugin_host {

// By what a file is told from another one at its path, and from itself before it was changed.
struct FileState {
    dev_t device = 0;
    ino_t inode = 0;
    mode_t mode = 0;
    off_t bytes = 0;
    timespec modified{};
    timespec changed{};

    bool operator==(const FileState &other) const
    {
        const auto same = [](const timespec &a, const timespec &b) {
            return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
        };
        return device == other.device && inode == other.inode && mode == other.mode && bytes == other.bytes &&
               same(modified, other.modified) && same(changed, other.changed);
    }
};

// Of what the path leads to; nothing where that is out of reach.
inline std::optional<FileState> file_state(const std::filesystem::path &path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return FileState{status.st_dev,  status.st_ino,  status.st_mode,
                     status.st_size, status.st_mtim, status.st_ctim};
}

} // namespace sonde::plugin_host
