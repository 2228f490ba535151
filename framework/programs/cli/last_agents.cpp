#include "programs/cli/last_agents.hpp"

#include "base/id.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace sonde::cli {

namespace fs = std::filesystem;

namespace {

// Empty: there is no place.
fs::path place()
{
    const char *state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/')
        return fs::path(state) / "sonde" / "last-agents";
    const char *home = std::getenv("HOME");
    return home != nullptr && *home == '/' ? fs::path(home) / ".local/state/sonde/last-agents" : fs::path();
}

} // namespace

std::vector<std::string> last_agents()
{
    std::vector<std::string> ids;
    std::ifstream file(place());
    for (std::string line; std::getline(file, line);)
        if (parse_uuid(line))
            ids.push_back(line);
    return ids;
}

void keep_last_agents(const std::vector<std::string> &ids)
{
    const fs::path file = place();
    if (file.empty())
        return;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    // Two commands at once leave the choice of one of them, not a mixture.
    const fs::path fresh = file.string() + "." + std::to_string(getpid());
    {
        std::ofstream out(fresh);
        for (const std::string &id : ids)
            out << id << '\n';
        if (!out.flush()) {
            fs::remove(fresh, error);
            return;
        }
    }
    fs::rename(fresh, file, error);
}

} // namespace sonde::cli
