#pragma once

#include "filter.hpp"
#include "segment.hpp"

#include <cstdint>
#include <deque>

namespace sonde::passive_syn {

struct Counts {
    std::uint64_t syn = 0, syn_ack = 0, rst = 0, unparsed = 0;
};

// One interval of a run, on the run's own time axis: CLOCK_MONOTONIC ns.
struct Interval {
    std::int64_t start = 0, end = 0;
    Counts counts[2][2];     // [family is 6][direction]
    std::uint64_t drops = 0; // packets that passed the filter and found the ring full
    std::int64_t blind = 0;  // ns in which nothing could be seen, for the interface was down
    bool doubtful = false;   // the clock was set, or drops could belong here as well as to the neighbour
};

// Sorts packets into intervals by the packets' own time, whenever they are looked at. Pure.
class Intervals {
public:
    // `count` intervals of `length` ns from `start` on.
    Intervals(std::int64_t start, std::int64_t length, std::uint64_t count);

    // A packet outside all intervals, or of one that has been closed, is not counted; returns whether it was.
    bool add(std::int64_t time, Direction direction, Classified packet);
    // The interval at `time`, or the nearest that is open.
    Interval &at(std::int64_t time);
    // Takes a span in which nothing was seen out of what the open intervals cover.
    void blind(std::int64_t from, std::int64_t to);

    bool done() const { return open_.empty(); }
    const Interval &first() const { return open_.front(); }
    // Takes the first interval out.
    Interval close();

private:
    std::deque<Interval> open_; // at least the one being counted and the next
    std::int64_t length_;
    std::uint64_t still_to_open_;
};

} // namespace sonde::passive_syn
