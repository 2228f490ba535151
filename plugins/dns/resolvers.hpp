#pragma once

#include "settings.hpp"

#include <string_view>
#include <vector>

namespace sonde::dns {

// The name servers in the text of a resolv.conf, in their order, as the C library takes them: at most three, and this
// host itself if there is none.
std::vector<sonde_ip> name_servers_in(std::string_view resolv_conf);

// What listens at this address of this host, in a word; empty: it is no address of this host's loopback.
const char *stub_at(const sonde_ip &ip);

// The system's resolvers of a family (0: any). Of a stub whose own settings can be read, whom it asks as well.
std::vector<Server> system_resolvers(std::uint32_t family);

} // namespace sonde::dns
