#pragma once

#include "answer_check.hpp"
#include "question.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sonde::dns {

// What of an answer goes into a row.
struct Answer {
    std::string rcode; // "NOERROR", "NXDOMAIN", ...; "RCODE16" where there is no name
    bool aa = false;
    bool tc = false;
    bool rd = false;
    bool ra = false;
    bool ad = false;
    bool cd = false;
    std::uint32_t answers = 0;
    std::uint32_t authorities = 0;
    std::uint32_t additionals = 0;
    std::optional<std::uint32_t> min_ttl; // s, over the answer section
    std::optional<std::uint32_t> max_ttl;
    std::optional<std::uint16_t> extended_error; // RFC 8914, the first one
    std::string extended_error_text;             // printable; others stand behind it
    std::optional<std::string> nsid;             // as text where it is printable, else hexadecimal
    std::vector<std::uint8_t> cookie;            // the client's part, and the server's behind it; empty: none
    // What it says, in words that two answers share if they say the same: the code and each record of the answer
    // section without owner, TTL and signatures, in order.
    std::string content;
};

// Nothing if the message cannot be parsed to its end.
std::optional<Answer> parse_answer(Octets received);

// False: the answer has a cookie, and its first part is not what the query sent, so it is somebody else's (RFC 7873
// section 5.3). An answer without one fits; many servers know no cookies.
bool cookie_fits(const Query &query, const Answer &answer);

} // namespace sonde::dns
