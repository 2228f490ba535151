#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

// The network interfaces of this process's network namespace.
namespace sonde::agent {

// The interface of the default route with the least metric, that of IPv4 if there is one. Nothing: there is no route.
std::optional<std::string> default_interface();
// The same, from what /proc/net/route and /proc/net/ipv6_route hold.
std::optional<std::string> default_interface(std::istream &ipv4, std::istream &ipv6);

// The bytes that an interface has received and sent, but for the headers of Ethernet: as measurements count theirs. An
// Error if it does not exist.
Result<std::uint64_t> bytes_of(const std::string &interface);
// The same, from what /proc/net/dev holds, with the bytes of each packet that are not to be counted; nothing: it is not
// in it.
std::optional<std::uint64_t> bytes_of(const std::string &interface, std::istream &devices, std::uint64_t header = 0);

// Whether an interface is up and has a carrier. An Error if it does not exist.
Result<bool> is_up(const std::string &interface);

// "3.1 Mb/s", of bits, with three digits.
std::string rate_text(double bytes_per_second);

} // namespace sonde::agent
