#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace sonde::passive_syn {

// One interval of a run, on the run's own time axis: CLOCK_MONOTONIC ns.
struct Interval {
    std::uint64_t number = 0; // within the run, from 0
    std::int64_t start = 0, end = 0;
    std::uint64_t drops = 0; // packets that passed the filter and found the ring full
    std::int64_t blind = 0;  // ns in which nothing could be seen, for the interface was down
    bool doubtful = false;   // the clock was set, or drops could belong here as well as to the neighbour
};

// Finds the interval of a packet by the packet's own time, whenever it is looked at. Pure.
class Intervals {
public:
    // So many are open at once: the one being counted and those that are in the capture already if we come late.
    static constexpr std::size_t kOpenAtOnce = 8;

    // `count` intervals of `length` ns from `start` on.
    Intervals(std::int64_t start, std::int64_t length, std::uint64_t count);

    // Null outside all intervals, and of one that has been closed. One that is not open yet will be doubtful.
    const Interval *find(std::int64_t time)
    {
        if (time >= open_[count_open_ == 0 ? 0 : count_open_ - 1].end)
            beyond_ = std::max(beyond_, time);
        for (const Interval *interval = open_; interval != open_ + count_open_; ++interval)
            if (time >= interval->start && time < interval->end)
                return interval;
        return nullptr;
    }
    // The interval at `time`, or the nearest that is open.
    Interval &at(std::int64_t time);
    // Makes those doubtful that a span touches.
    void doubt(std::int64_t from, std::int64_t to);
    // Takes a span in which nothing was seen out of what the open intervals cover.
    void blind(std::int64_t from, std::int64_t to);

    bool done() const { return count_open_ == 0; }
    const Interval &first() const { return open_[0]; }
    // How many have been open until now, or are.
    std::uint64_t opened() const { return opened_; }
    // Takes the first interval out.
    Interval close();

private:
    void open(std::int64_t start);

    Interval open_[kOpenAtOnce]; // in their order
    std::size_t count_open_ = 0;
    std::int64_t length_;
    std::uint64_t count_, opened_ = 0;
    std::int64_t beyond_ = std::numeric_limits<std::int64_t>::min(); // the latest packet that found no interval open
};

} // namespace sonde::passive_syn
