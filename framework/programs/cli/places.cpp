#include "programs/cli/places.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace sonde::cli {

namespace fs = std::filesystem;

namespace {

bool is_program(const fs::path &path)
{
    return access(path.c_str(), X_OK) == 0;
}

// The first of them that is a program; empty if none is.
fs::path first_program(const std::vector<fs::path> &candidates)
{
    const auto found = std::find_if(candidates.begin(), candidates.end(), is_program);
    return found == candidates.end() ? fs::path() : *found;
}

std::vector<fs::path> listed_places(std::string_view text)
{
    std::vector<fs::path> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(':'), text.size());
        if (end > 0)
            parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

// Of a build tree: one directory a plugin.
std::vector<fs::path> built_plugins(const fs::path &tree)
{
    std::vector<fs::path> directories;
    std::error_code error;
    for (fs::directory_iterator entry(tree / "plugins", error), end; !error && entry != end; entry.increment(error))
        if (entry->is_directory(error))
            directories.push_back(entry->path());
    std::sort(directories.begin(), directories.end());
    return directories;
}

std::vector<fs::path> plugin_directories(const fs::path &here, bool built)
{
    if (const char *given = std::getenv("SONDE_PLUGINS"); given != nullptr && *given != '\0')
        return listed_places(given);
    if (built)
        return built_plugins(here / "../../..");
    // Relative to this program first, so that an installed tree may be moved as a whole.
    const fs::path beside = (here / SONDE_PLUGINS_FROM_BIN).lexically_normal();
    return {"/etc/sonde/plugins", fs::is_directory(beside) ? beside : fs::path(SONDE_PLUGINS_DIR)};
}

} // namespace

Result<Places> find_places(const std::vector<std::string> &plugins)
{
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    const bool built = is_program(here / "../launcher/sonde-launcher");
    Places places;
    places.plugins =
        plugins.empty() ? plugin_directories(here, built) : std::vector<fs::path>(plugins.begin(), plugins.end());
    const char *given = std::getenv("SONDE_LIBEXEC");
    if (given != nullptr && *given != '\0') {
        places.launcher = fs::path(given) / "sonde-launcher";
        places.runner = fs::path(given) / "sonde-runner";
    } else {
        places.launcher = first_program(
            {here / "../launcher/sonde-launcher", here / "sonde-launcher", SONDE_LIBEXEC_DIR "/sonde-launcher"});
        places.runner = first_program({here / "../runner/sonde-runner", here / "../libexec/sonde/sonde-runner",
                                       SONDE_LIBEXEC_DIR "/sonde-runner"});
    }
    if (!is_program(places.launcher))
        return Error{"", "sonde-launcher is not found",
                     "it is looked for beside this program; SONDE_LIBEXEC names another directory"};
    places.launcher = places.launcher.lexically_normal();
    places.runner = places.runner.lexically_normal();
    return places;
}

Result<fs::path> find_checker()
{
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    const char *given = std::getenv("SONDE_LIBEXEC");
    const std::vector<fs::path> candidates =
        given != nullptr && *given != '\0'
            ? std::vector<fs::path>{fs::path(given) / "sonde-checker"}
            : std::vector<fs::path>{here / "../checker/sonde-checker", here / "../libexec/sonde/sonde-checker",
                                    SONDE_LIBEXEC_DIR "/sonde-checker"};
    const fs::path found = first_program(candidates);
    if (found.empty())
        return Error{"", "sonde-checker is not found",
                     "it is looked for beside this program; SONDE_LIBEXEC names another directory"};
    return found.lexically_normal();
}

Result<fs::path> find_sdk()
{
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    const char *given = std::getenv("SONDE_SDK");
    const std::vector<fs::path> candidates =
        given != nullptr && *given != '\0'
            ? std::vector<fs::path>{given}
            : std::vector<fs::path>{here / "../../../sdk/source", here / SONDE_SDK_FROM_BIN, SONDE_SDK_DIR};
    for (const fs::path &candidate : candidates)
        if (const fs::path place = fs::canonical(candidate, error); !error && fs::exists(place / "template"))
            return place;
    return Error{"", "the SDK's template is not found", "SONDE_SDK names another directory that has it"};
}

fs::path find_page(const std::string &name)
{
    std::error_code error;
    const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const fs::path &folder :
         {here / "../../../sdk/source/../docs", here / SONDE_DOC_FROM_BIN, fs::path(SONDE_DOC_DIR)})
        if (fs::path page = fs::canonical(folder / name, error); !error)
            return page;
    return {};
}

} // namespace sonde::cli
