#pragma once

#include <chrono>
#include <cstdint>
#include <queue>
#include <random>
#include <vector>

namespace sonde::ping {

enum class Sampling {
    periodic,
    poisson, // RFC 2330 section 11.1.1, a process of its own for each target
    // RFC 8912 section 9.3.2: periodic, with the interval as incT, as long as the packet before has been answered by
    // then; else the next one leaves on the answer, or after tmax.
    send_on_receive,
};

// Says which target is sent its next packet, and when. Times are CLOCK_MONOTONIC ns. Pure: knows no clock.
class Schedule {
public:
    struct Plan {
        Sampling sampling = Sampling::periodic;
        std::vector<std::uint32_t> order; // the targets, in the order of a round
        std::uint32_t count = 0;          // packets to each
        std::chrono::nanoseconds interval{};
        std::chrono::nanoseconds tmax{};
        std::uint64_t seed = 0;
    };
    struct Item {
        std::int64_t due = 0;
        std::uint32_t target = 0;
        std::uint32_t seq = 0; // 1, 2, ... within the target
    };

    Schedule(Plan plan, std::int64_t start);

    // Packets that have not been taken.
    std::uint64_t left() const { return left_; }
    // When the next one is due; INT64_MAX if none is left. With send_on_receive an answer brings it forward.
    std::int64_t next_due();
    // The next one, to be sent now; left() must not be 0.
    Item take(std::int64_t now);
    // A packet has been answered.
    void answered(std::uint32_t target, std::uint32_t seq, std::int64_t now);

private:
    struct Later {
        bool operator()(const Item &a, const Item &b) const { return a.due > b.due; }
    };

    std::int64_t offset(std::size_t place) const;
    std::int64_t gap();
    void forget_overtaken();

    Plan plan_;
    std::int64_t start_;
    std::uint64_t left_;
    std::uint64_t taken_ = 0;                                   // periodic
    std::priority_queue<Item, std::vector<Item>, Later> queue_; // the other two: the next of each target
    std::vector<std::uint32_t> next_seq_;                       // send_on_receive, by target
    std::vector<std::int64_t> last_due_;                        // the same
    std::mt19937_64 random_;
};

} // namespace sonde::ping
