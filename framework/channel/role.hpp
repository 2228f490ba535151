#pragma once

#include "base/result.hpp"

#include <string_view>

namespace sonde::channel {

// What a certificate allows its holder to be; in the certificate it is the SAN URI `urn:sonde:role:<name>`.
enum class Role { agent, controller, collector, operator_, peer };

// "agent", "controller", "collector", "operator", "peer".
std::string_view to_string(Role role);
Result<Role> parse_role(std::string_view name);

// Whether clients connect to it, and know it by a name or address in its certificate.
bool is_server(Role role);

} // namespace sonde::channel
