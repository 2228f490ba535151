#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::channel {

// Where a server is: `https://controller.example:8443`, `http://[::1]:8080`. No path, no user, no query: the paths are
// the standard's.
struct Url {
    bool tls = true;
    std::string host; // a name or a numeric address, without brackets
    std::uint16_t port = 443;
};

// Without a port it is 443 or 80. A trailing slash is accepted.
Result<Url> parse_url(std::string_view text);

// "https://host:port", brackets around an IPv6 address.
std::string to_string(const Url &url);

// `text` with everything but RFC 3986's unreserved characters percent-encoded (and '/' and ':' kept).
std::string percent_encode(std::string_view text);
// The error says at which offset; a '+' stays a '+'.
Result<std::string> percent_decode(std::string_view text);

} // namespace sonde::channel
