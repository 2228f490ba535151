#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <string_view>

namespace sonde::cli {

// A time as a person writes it, and how long the unit is that was written last.
struct Moment {
    WallTime begin;
    std::chrono::nanoseconds length;
};

// RFC 3339, whose seconds may be missing: 2026-11-24T04:05Z is that minute. A date alone is that day in UTC. A time of
// day alone, 04:05 or 04:05:30, is the last one before `now`, in UTC.
Result<Moment> parse_moment(std::string_view text, WallTime now);

} // namespace sonde::cli
