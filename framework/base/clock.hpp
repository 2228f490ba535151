#pragma once

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

} // namespace sonde
