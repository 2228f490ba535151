#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::policy {

// An IP address as 16 bytes; IPv4 as ::ffff:a.b.c.d, so that both spellings of an address are one value.
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    bool is_v4() const;
    bool operator==(const Address &) const = default;
};

// Only the canonical kinds of text: four decimal numbers without leading zeros, or RFC 4291 IPv6 without a zone.
Result<Address> parse_address(std::string_view text);
std::string to_string(const Address &address);

// Why nobody may aim at this address, whatever a policy says: 0.0.0.0 and :: reach the machine itself, and one packet
// to a multicast or broadcast address has many receivers. nullptr if it is none of these.
const char *never_a_target(const Address &address);

// The network of the machine itself, of the home or of the provider that this address is in, with a word on what it is;
// nothing for one that the whole Internet shares (RFC 6890). Also by the IPv4 address inside it (see Range).
std::optional<std::string> local_network(const Address &address);

// All addresses of which the first `bits` of 128 are the same.
struct Range {
    Address first;
    unsigned bits = 128;

    // Also the IPv4 address inside a NAT64, 6to4 or IPv4-compatible one, when `or_inside`.
    bool contains(const Address &address, bool or_inside = false) const;
};

// `address` or `address/prefix length`; bits set behind the prefix are an error, for they may be a slip.
Result<Range> parse_range(std::string_view text);

} // namespace sonde::policy
