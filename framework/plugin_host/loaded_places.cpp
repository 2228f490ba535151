#include "plugin_host/loaded_places.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

namespace sonde::plugin_host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFilesMax = 256;
constexpr std::string_view kNotLoaded = "does not load: ";
constexpr std::string_view kNotOpened = ": cannot open shared object file: ";
// Of a place that is looked through for a library.
constexpr std::size_t kEntriesMax = 4096;
constexpr int kDepthMax = 3;
// As the launcher's confinement has them.
constexpr const char *kSystem[] = {"/usr", "/lib", "/lib32", "/lib64", "/libx32"};

bool within(const fs::path &path, const fs::path &place)
{
    const auto differs = std::mismatch(place.begin(), place.end(), path.begin(), path.end());
    return differs.first == place.end() || (differs.first->empty() && std::next(differs.first) == place.end());
}

// A library of that name, in the place or some folders below.
bool holds_library(const fs::path &place, const std::string &name)
{
    std::error_code error;
    if (place.filename() == name && fs::is_regular_file(place, error))
        return true;
    fs::recursive_directory_iterator each(place, fs::directory_options::skip_permission_denied, error);
    for (std::size_t seen = 0; !error && each != fs::end(each) && seen < kEntriesMax; each.increment(error), ++seen) {
        if (each.depth() >= kDepthMax)
            each.disable_recursion_pending();
        if (each->path().filename() == name)
            return true;
    }
    return false;
}

} // namespace

std::optional<std::string> place_of_library(const std::string &words, const std::vector<std::string> &readable)
{
    const std::size_t end = words.find(kNotOpened);
    if (!words.starts_with(kNotLoaded) || end == words.npos)
        return std::nullopt;
    const std::string library = words.substr(kNotLoaded.size(), end - kNotLoaded.size());
    const std::string name = fs::path(library).filename();
    for (const std::string &place : readable)
        if (!name.empty() && (library == name || within(library, place)) && holds_library(place, name))
            return fs::absolute(place);
    return std::nullopt;
}

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
            return Error{"", "it has loaded " + file.path, "libraries lie among the system's or beside the plugin"};
    }
    return {};
}

} // namespace sonde::plugin_host
