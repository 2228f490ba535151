#pragma once

#include "answer_check.hpp"
#include "settings.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace sonde::dns {

// A query in wire form, complete but for its id.
struct Query {
    std::vector<std::uint8_t> wire;

    void set_id(std::uint16_t id)
    {
        wire[0] = static_cast<std::uint8_t>(id >> 8);
        wire[1] = static_cast<std::uint8_t>(id & 0xff);
    }
};

// Nothing if `name` is no domain name.
std::optional<Query> make_query(const Settings &settings, const std::string &name);

// What of an answer goes into a row.
struct Answer {
    std::string rcode; // "NOERROR", "NXDOMAIN", ...; "RCODE16" where there is no name
    bool aa = false;
    bool tc = false;
    bool rd = false;
    bool ra = false;
    bool ad = false;
    std::uint32_t answers = 0;
    std::uint32_t authorities = 0;
    std::uint32_t additionals = 0;
    std::optional<std::uint32_t> min_ttl; // s, over the answer section
};

// Nothing if the message cannot be parsed to its end.
std::optional<Answer> parse_answer(Octets received);

} // namespace sonde::dns
