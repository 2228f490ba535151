#pragma once

#include <cstdint>
#include <vector>

#include <linux/filter.h>

namespace sonde::ping {

// Programs for SO_ATTACH_FILTER on a raw ICMP socket. Such a socket sees the replies to every process's pings; a fleet
// of pings on one machine would otherwise wake each of them for each packet and fill its buffer with the others'. They
// pass echo replies with our id, and errors that quote an echo request with our id.
std::vector<sock_filter> filter_v4(std::uint16_t id); // sees the packet from the IPv4 header on
std::vector<sock_filter> filter_v6(std::uint16_t id); // sees the message from the ICMPv6 header on
// Passes nothing.
std::vector<sock_filter> filter_none();

} // namespace sonde::ping
