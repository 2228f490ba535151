#pragma once

#include "base/result.hpp"
#include "policy/address.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sonde::policy {

// Whom a measurement is aimed at: an address, or a host name in lower case without a trailing dot.
using Target = std::variant<Address, std::string>;

// Reads `name`, `name:port`, `address`, `address:port`, `[address]:port` or `scheme://host[:port][/...]`. What programs
// read in different ways (user names in URLs, numbers that some take for addresses, backslashes, escapes, zones) is an
// error: a limit must not depend on whose reading is right.
Result<Target> parse_target(std::string_view text);

std::string to_string(const Target &target);

// The host names among these, each once, in their order; what is no target is left out.
std::vector<std::string> names_among(const std::vector<std::string> &targets);

// What a target may match: ranges of addresses and globs of names. A name never matches a range, nor an address a glob.
class TargetList {
public:
    // `text` is an address, a CIDR range or a glob of names.
    Result<void> add(std::string_view text);
    // The first entry that matches, counted from 0. An address also by the IPv4 address inside it (see Range), when
    // `or_inside`.
    std::optional<std::size_t> find(const Target &target, bool or_inside) const;

private:
    std::vector<std::variant<Range, std::string>> entries_; // the texts are globs
};

// `*` matches any characters, none included; everything else is itself.
bool glob_matches(std::string_view glob, std::string_view text);

} // namespace sonde::policy
