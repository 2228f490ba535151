#include "frames/privileges.hpp"

#include <cstdio>

namespace sonde::frames {

std::vector<std::string> privilege_names(std::uint32_t privileges)
{
    std::vector<std::string> names;
    if ((privileges & SONDE_PRIVILEGE_ICMP) != 0)
        names.emplace_back("icmp");
    if ((privileges & SONDE_PRIVILEGE_CAPTURE) != 0)
        names.emplace_back("capture");
    if ((privileges & SONDE_PRIVILEGE_LISTEN) != 0)
        names.emplace_back("listen");
    char unknown[16] = "";
    std::snprintf(unknown, sizeof unknown, "0x%x", privileges & ~kPrivileges);
    if ((privileges & ~kPrivileges) != 0)
        names.emplace_back(unknown);
    return names;
}

std::string privilege_text(std::uint32_t privileges)
{
    std::string text;
    for (const std::string &name : privilege_names(privileges))
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

} // namespace sonde::frames
