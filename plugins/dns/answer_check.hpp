#pragma once

#include <cstdint>
#include <span>

namespace sonde::dns {

using Octets = std::span<const std::uint8_t>;

// How a datagram relates to a query.
enum class Match {
    answer,    // it answers this very question
    malformed, // it is not a DNS message as far as it had to be read
    mismatch,  // another id, another question, or no response at all
};

/*
 * Compares a datagram with the query that was sent: id, that it is a response to the same kind of query, and the
 * question, its name without regard to case, its type and class (RFC 5452 section 9.1). An error response may leave the
 * question out (RFC 1035 section 4.1.1, and what servers do). Reads the header and the question alone, copies nothing,
 * trusts nothing. `exact_case`: the name must have come back letter by letter.
 */
Match check_answer(Octets query, Octets received, bool exact_case = false);

} // namespace sonde::dns
