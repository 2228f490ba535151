#include "programs/agent/constraints/power.hpp"

#include <fstream>
#include <string>
#include <system_error>

namespace sonde::agent {

namespace {

// The first line of an attribute; empty if there is none.
std::string attribute(const std::filesystem::path &supply, const char *name)
{
    std::ifstream file(supply / name);
    std::string text;
    std::getline(file, text);
    return text;
}

} // namespace

bool on_battery(const std::filesystem::path &supplies)
{
    bool discharges = false;
    std::error_code error;
    for (std::filesystem::directory_iterator it(supplies, error), end; !error && it != end; it.increment(error)) {
        // A mouse's battery, say.
        if (attribute(*it, "scope") == "Device")
            continue;
        const std::string type = attribute(*it, "type");
        if (type == "Battery")
            discharges = discharges || attribute(*it, "status") == "Discharging";
        else if (type != "UPS" && attribute(*it, "online") == "1")
            return false;
    }
    return discharges;
}

} // namespace sonde::agent
