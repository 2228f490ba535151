#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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

// Whom a measurement is aimed at: an address, or a host name in lower case without a trailing dot.
struct Target {
    std::variant<Address, std::string> host;
};

// Reads `name`, `name:port`, `address`, `address:port`, `[address]:port` or `scheme://host[:port][/...]`. What programs
// read in different ways (user names in URLs, numbers that some take for addresses, backslashes, escapes, zones) is an
// error: a limit must not depend on whose reading is right.
Result<Target> parse_target(std::string_view text);

// What a target may match: ranges of addresses and globs of names. A name never matches a range, nor an address a glob.
class TargetList {
public:
    // `text` is an address, a CIDR range or a glob of names.
    Result<void> add(std::string_view text);
    bool matches(const Target &target) const;
    bool empty() const { return texts_.empty(); }
    // As it was written, separated by commas.
    std::string to_string() const;

private:
    struct Range {
        Address first;
        unsigned bits = 0; // of the 128
    };
    std::vector<Range> ranges_;
    std::vector<std::string> globs_;
    std::vector<std::string> texts_;
};

// `*` matches any characters, none included; everything else is itself.
bool glob_matches(std::string_view glob, std::string_view text);

} // namespace sonde::policy
