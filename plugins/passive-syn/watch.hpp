#pragma once

#include "intervals.hpp"
#include "ring.hpp"

#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>

namespace sonde::passive_syn {

struct Plan {
    std::chrono::nanoseconds interval{};
    std::uint64_t intervals = 0;
    bool align_to_epoch = false;
    bool want_in = false, want_out = false;
};

// The result tables, NULL-terminated.
extern const sonde_table *const kTableList[];

// One run: captures, sorts into intervals, writes their rows.
class Watch {
public:
    Watch(const sonde_host &host, std::uint32_t interface_index, const Plan &plan);
    void run();

private:
    std::int64_t monotonic() const { return host_.now(&host_, SONDE_CLOCK_MONOTONIC); }
    std::int64_t first_start() const;
    bool wait(std::int64_t until);
    void take_in();
    void take_drops(Interval &into, bool doubtful_too);
    void heed_clock();
    void heed_interface(bool error_pending);
    bool write(const Interval &interval, std::int64_t covered_until);

    const sonde_host &host_;
    Plan plan_;
    Ring ring_;
    sonde::plugin::Fd clock_watch_;
    // CLOCK_REALTIME less CLOCK_MONOTONIC: of the stamps now, and as the intervals' starts are told.
    std::int64_t stamp_offset_, start_offset_;
    Intervals intervals_;
    std::int64_t down_since_ = 0; // 0: the interface is up
};

} // namespace sonde::passive_syn
