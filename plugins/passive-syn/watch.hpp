#pragma once

#include "intervals.hpp"
#include "kernel_counter.hpp"
#include "link_watch.hpp"
#include "ring.hpp"
#include "seen.hpp"
#include "settings.hpp"

#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace sonde::passive_syn {

// An interval that is over.
struct Observed {
    Interval interval;
    sonde::plugin::Timestamp start;
    std::chrono::nanoseconds covered{};
    std::int64_t until = 0; // what came until then was looked at: its end, or that of the run, CLOCK_MONOTONIC ns
    bool whole = false; // all of it was observed, with nothing dropped, no way past the capture and the clock not set
};

// What a method makes of what is seen.
struct Observer {
    // In the order of the capture, which is nearly that of time. The interval is still open.
    std::function<void(const Interval &, const Seen &)> packet;
    // False: no more rows are wanted.
    std::function<bool(const Observed &)> interval;
    // The wall clock was set: times before and behind it cannot be compared.
    std::function<void()> clock_set;
};

// One run of either method: captures, sorts packets into intervals by their own time, and tells the observer; or has
// the kernel do that, and tells it of no packet. Writes the rows of the observation point itself.
class Watch {
public:
    // Begins to capture. The method's table number `point_table` is kPointTable. Throws Failure.
    Watch(const sonde_host &host, std::uint32_t interface_index, const Plan &plan, std::uint32_t point_table);
    void run(const Observer &observer);

    // When capturing began, CLOCK_MONOTONIC ns.
    std::int64_t begun() const { return begun_; }
    bool knows_own() const { return counter_ ? counter_->knows_own() : ring_->knows_own(); }
    // What the kernel has counted in the interval that the observer is told of; null where it does not count.
    const ClassCounts *counted() const { return counter_ ? &counted_ : nullptr; }
    // By the wall clock as it was then.
    sonde::plugin::Timestamp wall(std::int64_t time) const;

private:
    std::int64_t begin_capture();
    void begin_counting();
    int fd() const { return counter_ ? counter_->fd() : ring_->fd(); }
    std::int64_t monotonic() const { return host_.now(&host_, SONDE_CLOCK_MONOTONIC); }
    std::int64_t first_start() const;
    bool wait(std::int64_t until);
    void take_in();
    void take_drops(Interval &into, bool doubtful_too);
    void heed_clock();
    void heed_interface();
    void tell_point(bool first);
    bool close(std::int64_t covered_until);

    const sonde_host &host_;
    Plan plan_;
    std::uint32_t point_table_;
    const Observer *observer_ = nullptr;
    LinkWatch link_;
    std::optional<KernelCounter> counter_; // or
    std::optional<Ring> ring_;
    ClassCounts counted_;
    sonde::plugin::Fd clock_watch_;
    // CLOCK_REALTIME less CLOCK_MONOTONIC: now, and since when it has been what.
    std::int64_t stamp_offset_;
    struct WallOffset {
        std::int64_t since, offset;
    };
    std::vector<WallOffset> wall_offsets_;
    std::int64_t begun_;
    Intervals intervals_;
    std::int64_t down_since_ = 0; // 0: the interface is up
    bool may_miss_ = false;       // packets can pass the capture at this point
    std::optional<sonde::plugin::Failure> gone_;
    std::int64_t discard_until_ = 0;                              // while the ring may hold stamps of another clock
    std::int64_t cut_ = std::numeric_limits<std::int64_t>::max(); // what comes later is not counted: the run has ended
};

} // namespace sonde::passive_syn
