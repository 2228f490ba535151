#include "hosting/loaded_files.hpp"

#include <link.h>
#include <string_view>

namespace sonde::hosting {

std::vector<frames::LoadedFile> loaded_files()
{
    std::vector<frames::LoadedFile> files;
    const auto add = [](dl_phdr_info *info, std::size_t, void *to) {
        const std::string_view path = info->dlpi_name;
        // The program itself has no name here, the kernel's own object no path, and a descriptor's is nobody else's.
        if (!path.starts_with('/') || path.starts_with("/proc/"))
            return 0;
        if (const auto file = frames::loaded_file(std::string(path)))
            static_cast<std::vector<frames::LoadedFile> *>(to)->push_back(*file);
        return 0;
    };
    ::dl_iterate_phdr(add, &files);
    return files;
}

} // namespace sonde::hosting
