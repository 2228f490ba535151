#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sonde::frames {

// A file that a process has loaded, as it was then.
struct LoadedFile {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0; // since the epoch
    std::int64_t changed_ns = 0;  // likewise, its inode: whoever writes it can set the other back, and not this

    bool operator==(const LoadedFile &) const = default;
};

// The file at a path as it is now; nothing if there is none.
std::optional<LoadedFile> loaded_file(const std::string &path);

} // namespace sonde::frames
