#include "plugin_host/loaded_places.hpp"

#include <algorithm>

namespace sonde::plugin_host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFilesMax = 256;
// As the launcher's confinement has them.
constexpr const char *kSystem[] = {"/usr", "/lib", "/lib32", "/lib64", "/libx32"};

bool within(const fs::path &path, const fs::path &place)
{
    const auto differs = std::mismatch(place.begin(), place.end(), path.begin(), path.end());
    return differs.first == place.end() || (differs.first->empty() && std::next(differs.first) == place.end());
}

} // namespace

Result<void> check_places(const std::vector<frames::LoadedFile> &files, const fs::path &plugin,
                          const std::vector<std::string> &readable)
{
    if (files.size() > kFilesMax)
        return Error{"", "it has loaded " + std::to_string(files.size()) + " files",
                     "at most " + std::to_string(kFilesMax)};
    std::vector<fs::path> places(std::begin(kSystem), std::end(kSystem));
    places.insert(places.end(), readable.begin(), readable.end());
    places.push_back(plugin.parent_path());
    for (const frames::LoadedFile &file : files) {
        const fs::path path = fs::path(file.path).lexically_normal();
        const auto holds = [&](const fs::path &place) { return within(path, place); };
        if (!path.is_absolute() || std::none_of(places.begin(), places.end(), holds))
            return Error{"", "it has loaded " + file.path,
                         "libraries lie among the system's or beside the plugin"};
    }
    return {};
}

} // namespace sonde::plugin_host
