#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// RFC 3339 times as YANG's date-and-time (RFC 6991) takes them, and cycle numbers.
namespace sonde::model {

// Takes an upper-case T, a fraction of any length (cut after nanoseconds) and `Z` or a numeric offset. A leap second,
// 23:59:60 UTC, reads as the second after it, as POSIX time has none. Years 1678 to 2261, the range of 64-bit
// nanoseconds. Every other deviation is an error, 31 June as well.
Result<WallTime> parse_date_time(std::string_view text);

// An offset from UTC: `Z`, or a sign, hours up to 23 and minutes up to 59, +05:30.
std::optional<std::chrono::minutes> parse_timezone_offset(std::string_view text);

// `Z` for none. Less than a day either way.
std::string format_timezone_offset(std::chrono::minutes offset);

// In UTC: 2026-11-24T04:05:00Z, with nine decimals if it is no whole second.
std::string format_date_time(WallTime time);

// In UTC, always with nine decimals: the text form of a timestamp's cell.
std::string format_timestamp(WallTime time);

// RFC 8194's cycle-number: the multiple of `interval` (at least 1 s) since the Unix epoch that is closest to `event`,
// as YYYYMMDD.HHMMSS in UTC; the later one of two that are equally close.
std::string cycle_number(WallTime event, std::chrono::seconds interval);

} // namespace sonde::model
