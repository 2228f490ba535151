#pragma once

#include "answer_check.hpp"
#include "settings.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sonde::dns {

struct Question {
    std::string name;
    std::string type;
    std::string query_class;
};

// Whether this is an IP address, perhaps with a port behind it: no name to ask for, though ldns takes it for one.
bool is_address(const std::string &name);

// Fills memory with random bytes.
using Random = std::function<void(void *, std::size_t)>;

// A query in wire form.
struct Query {
    std::vector<std::uint8_t> wire;
    std::vector<std::uint8_t> cookie; // that it carries; empty: none
    bool has_label = false; // a label of kLabelBytes stands before the name, to be drawn for each transmission

    std::uint16_t id() const { return static_cast<std::uint16_t>(wire[0] << 8 | wire[1]); }
    void set_id(std::uint16_t id)
    {
        wire[0] = static_cast<std::uint8_t>(id >> 8);
        wire[1] = static_cast<std::uint8_t>(id & 0xff);
    }
    // The label that was drawn; empty if there is none.
    std::string label() const;
};

inline constexpr std::size_t kLabelBytes = 16;
inline constexpr std::size_t kClientCookieBytes = 8;

// Complete but for what `freshen` draws; nothing if the question's name is no domain name. `cookie`: the client's part,
// and the server's behind it where that is known; empty: none is sent.
std::optional<Query> make_query(const Settings &settings, const Question &question, Octets cookie = {});

// Draws what has to be new in each transmission: the id, the label, and the case of the name's letters where that is
// asked for (0x20: an answer that does not repeat it was guessed).
void freshen(Query &query, bool mixed_case, const Random &random);

// The same for the wire form of a query, but for its id.
void freshen_name(std::span<std::uint8_t> wire, bool has_label, bool mixed_case, const Random &random);

} // namespace sonde::dns
