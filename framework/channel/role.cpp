#include "channel/role.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sonde::channel {

namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles = {{
    {Role::agent, "agent"},
    {Role::controller, "controller"},
    {Role::collector, "collector"},
    {Role::operator_, "operator"},
    {Role::peer, "peer"},
}};

} // namespace

std::string_view to_string(Role role)
{
    return std::find_if(kRoles.begin(), kRoles.end(), [&](auto &entry) { return entry.first == role; })->second;
}

Result<Role> parse_role(std::string_view name)
{
    const auto *found = std::find_if(kRoles.begin(), kRoles.end(), [&](auto &entry) { return entry.second == name; });
    if (found == kRoles.end())
        return Error{"role", "no role '" + std::string(name) + "'", "agent, controller, collector, operator or peer"};
    return found->first;
}

bool is_server(Role role)
{
    return role == Role::controller || role == Role::collector || role == Role::peer;
}

} // namespace sonde::channel
