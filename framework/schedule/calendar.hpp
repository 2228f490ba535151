#pragma once

#include "base/clock.hpp"
#include "model/instruction.hpp"
#include "schedule/triggers.hpp"
#include "schedule/zone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace sonde::schedule {

// A change of local time that a calendar notices: some of its seconds do not exist there, or exist twice.
struct ClockChange {
    WallTime at;
    bool forward = false; // local time jumps forward: seconds are skipped
    std::uint64_t triggers = 0;
};

// The triggers of a calendar event: every second whose local date and time is in all six sets (RFC 8194), computed
// directly. `start` is included, `end` is not. A local time that a zone skips triggers nothing; one that a zone repeats
// triggers each time it comes. With an offset of its own a calendar knows no daylight saving.
class Calendar {
public:
    // `zone` is where it is read if it has no timezone-offset; triggers lie before `end_of_time`.
    Calendar(const model::Calendar &calendar, const Zone &zone, WallTime end_of_time);

    // No two triggers are closer than this; 60 s if it triggers once a minute or less.
    std::chrono::seconds interval() const;
    // The earliest trigger at or after `from`. Work in proportion to the days until then, at some nanoseconds each.
    std::optional<WallTime> first_from(WallTime from) const;
    // All triggers in [from, before), at the same price.
    std::optional<Triggers> between(WallTime from, WallTime before) const;
    // The changes of local time in (from, until] that matter to it.
    std::vector<ClockChange> changes(WallTime from, WallTime until) const;

private:
    bool holds(std::chrono::local_days day) const;
    // The first matching day in [from, before), or `before`.
    std::chrono::local_days next_day(std::chrono::local_days from, std::chrono::local_days before) const;
    // Triggers of one day before a time of day, and the one with that number.
    std::uint64_t below(std::chrono::seconds time_of_day) const;
    std::chrono::seconds nth(std::uint64_t number) const;

    // In [from, before) of local time that runs evenly.
    std::optional<std::chrono::local_seconds> first(std::chrono::local_seconds from,
                                                    std::chrono::local_seconds before) const;
    std::optional<std::chrono::local_seconds> last(std::chrono::local_seconds from,
                                                   std::chrono::local_seconds before) const;
    std::uint64_t count(std::chrono::local_seconds from, std::chrono::local_seconds before) const;

    // Calls f(first local second, local second behind the last, offset) for each even stretch of [from, before) until
    // it returns true.
    template <class F>
    void each_stretch(std::chrono::sys_seconds from, std::chrono::sys_seconds before, F f) const;

    Zone zone_;
    // Bit i stands for the value i; wildcards are written out.
    std::uint64_t months_;
    std::uint64_t days_of_month_;
    std::uint64_t days_of_week_;
    std::uint64_t hours_;
    std::uint64_t minutes_;
    std::uint64_t seconds_;
    std::chrono::sys_seconds start_;
    std::chrono::sys_seconds end_;
};

} // namespace sonde::schedule
