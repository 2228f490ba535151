#pragma once

#include "fingerprint.hpp"
#include "intervals.hpp"
#include "seen.hpp"
#include "syn_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sonde::passive_syn {

// Packets of one family and direction. What is `own` is of this agent's measurements, and among the others as well.
struct Counts {
    std::uint64_t syn = 0, syn_first = 0, syn_own = 0, syn_ack = 0, syn_ack_own = 0, rst = 0, rst_own = 0, unparsed = 0;
};

struct Tally {
    Counts counts[2][2];     // [family is 6][direction]
    bool told_apart = true;  // first SYNs from retransmissions
    bool own_told = true;    // answers to own SYNs from others
    std::int64_t memory = 0; // ns: how far back before the interval retransmissions are known for what they are
};

// Counts the packets of the open intervals. Pure.
class Counting {
public:
    // Capturing began at `begin`. At most `syn_memory` SYNs a minute are remembered.
    Counting(const sonde::plugin::HashKey &key, std::size_t syn_memory, std::int64_t begin);

    void add(const Interval &interval, const Seen &seen);
    // What was counted in an interval, which begins anew: it is over.
    Tally take(const Interval &interval);

private:
    Tally &tally_of(const Interval &interval);
    void add_syn(const Interval &interval, const Seen &seen, Tally &tally, Counts &counts);

    Fingerprints fingerprints_;
    SynMemory memory_, own_;
    std::optional<Tally> open_[Intervals::kOpenAtOnce];
};

} // namespace sonde::passive_syn
