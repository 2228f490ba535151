#pragma once

#include "fingerprint.hpp"
#include "seen.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

namespace sonde::passive_syn {

// A connection attempt that has ended, as it was seen.
struct Handshake {
    enum class End : std::uint8_t {
        answered,   // by SYN/ACK
        refused,    // by RST
        unanswered, // within tmax
    };
    End end{};
    std::uint32_t family = 0;
    Direction direction{}; // of its SYN
    bool own = false;
    bool repeated = false;    // its SYN was seen more than once: nobody knows which one was answered
    std::int64_t syn = 0;     // of the first SYN, CLOCK_MONOTONIC ns
    std::int64_t elapsed = 0; // ns from there to the answer
};

// Ties SYNs to what answers them. Pure; at most `limit` attempts wait at a time.
class Handshakes {
public:
    Handshakes(const sonde::plugin::HashKey &key, std::size_t limit, std::int64_t tmax)
        : fingerprints_(key), limit_(limit), tmax_(tmax)
    {
    }

    enum class What : std::uint8_t {
        begun,
        repeated,
        ended,
        unmatched, // an answer to a SYN that was not seen, or seen too long before, or answered already
        untracked, // a SYN for which there is no room, or with data, whose answer may acknowledge that as well
    };
    struct Noted {
        What what;
        std::optional<Handshake> ended;
    };
    // `seen` is not unparsed.
    Noted note(const Seen &seen);

    // Takes out the oldest attempt if its time to be answered ended at `from` or later, and before `until`; call it
    // until there is none.
    std::optional<Handshake> expire(std::int64_t from, std::int64_t until);
    // All that wait: times before and behind this moment cannot be compared.
    void forget();

private:
    struct Waiting {
        std::uint64_t fingerprint;
        std::int64_t syn;
    };

    void open(std::uint64_t fingerprint, const Seen &seen);

    Fingerprints fingerprints_;
    std::size_t limit_;
    std::int64_t tmax_;
    std::unordered_map<std::uint64_t, Handshake> waiting_;
    std::deque<Waiting> order_; // of their SYNs; some may have been answered meanwhile
};

} // namespace sonde::passive_syn
