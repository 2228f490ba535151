#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The text forms of single values as plugin.h fixes them, read strictly: no blanks, no locale, no silent rounding. The
// errors carry what was wrong and a hint, and leave `where` to the caller.
namespace sonde::plugin_host {

// Decimal, with an optional minus.
Result<std::int64_t> parse_integer(std::string_view text);

// As parse_integer, or a number of bytes with a unit: 10MB, 1.5kB, 4KiB.
Result<std::int64_t> parse_size(std::string_view text);

// Nanoseconds from a decimal number and ns, us, ms, s, m (or min), h or d: 10ms, 1.5s, 2h. Only 0 may stand without.
Result<std::int64_t> parse_duration(std::string_view text);

// Finite.
Result<double> parse_real(std::string_view text);

// true or false.
Result<bool> parse_bool(std::string_view text);

// 1 to 65535.
Result<std::uint16_t> parse_port(std::string_view text);

struct Address {
    std::array<std::uint8_t, 16> bytes{}; // network order; the first 4 for IPv4
    unsigned family = 0;                  // 4 or 6

    bool operator==(const Address &) const = default;
};

// An IPv4 or IPv6 literal without zone, brackets or prefix length.
Result<Address> parse_address(std::string_view text);

// The canonical form (RFC 5952 for IPv6) of 4 or 16 bytes; empty for any other length.
std::string address_text(std::span<const std::uint8_t> bytes);

// A host name (RFC 1123 with underscores) or an address literal, which may carry a zone (fe80::1%eth0).
Result<void> check_host(std::string_view text);

// An absolute URL with scheme and host (RFC 3986).
Result<void> check_url(std::string_view text);

// "10ms", "1.5s", "2h": the shortest text that parse_duration reads back to the same number of nanoseconds.
std::string duration_text(std::int64_t nanoseconds);

} // namespace sonde::plugin_host
