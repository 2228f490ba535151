#pragma once

#include "checked.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::http_download {

// What a download needs to know of an absolute http or https URL.
struct Url {
    bool tls = false;
    std::string host;        // a name or an address literal, without brackets
    std::string host_header; // as the Host field wants it: brackets, and the port where it is not the scheme's own
    std::uint16_t port = 0;
    std::string target; // origin form: path and query, never empty
};

// Refuses what must not get into a request line (spaces, control characters, non-ASCII), user information (it would end
// up in results) and schemes other than http and https. A fragment is dropped (RFC 9110 section 7.1).
Checked<Url> parse_url(std::string_view text);

} // namespace sonde::http_download
