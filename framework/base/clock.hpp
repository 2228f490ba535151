#pragma once

#include <algorithm>
#include <chrono>

namespace sonde {

// Wall-clock times are UTC nanoseconds since the Unix epoch; they step when the system's clock is set.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
// Monotonic times (CLOCK_MONOTONIC) are comparable only within one boot; durations and lateness are measured on them.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// One reading of both clocks. Pure logic is handed a Now and never reads a clock itself, so that a test can run a week
// in a millisecond.
struct Now {
    WallTime wall;
    MonotonicTime monotonic;
};

inline Now now()
{
    return {std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()),
            std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now())};
}

// That moment, or the later one that `least` is on both clocks.
inline Now later_of(Now now, MonotonicTime least)
{
    const auto ahead = std::max(least - now.monotonic, std::chrono::nanoseconds(0));
    return {now.wall + ahead, now.monotonic + ahead};
}

// Two clocks are read one after the other, and a process may be kept from its processor between. A larger difference
// is a clock that was set.
inline constexpr std::chrono::milliseconds kReadingsApart{100};

// The same of a moment whose time on each clock is known. What that was told from and `now` are two readings, by one of
// which it may have come on one clock alone: the result is before it on neither.
inline Now later_of(Now now, Now least)
{
    Now later = later_of(now, least.monotonic);
    if (least.wall - later.wall < kReadingsApart)
        later.wall = std::max(later.wall, least.wall);
    return later;
}

// The moment that another process tells, as far as it can be true: not before `earliest`, nor after `now`.
inline Now told(MonotonicTime moment, Now earliest, Now now)
{
    const auto ago = now.monotonic - std::max(std::min(moment, now.monotonic), earliest.monotonic);
    return later_of({now.wall - ago, now.monotonic - ago}, earliest);
}

} // namespace sonde
