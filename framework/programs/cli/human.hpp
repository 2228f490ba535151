#pragma once

#include <cstdint>
#include <string>

// Figures for people, not for programs: rounded, with units.
namespace sonde::cli {

// "412 ns", "4.1 us", "11.204 ms", "1.500 s": about four digits.
std::string human_duration(std::int64_t nanoseconds);

// A duration in the unit that human_duration chooses for `scale`, without that unit: "0.412" of 412 us beside 11 ms.
std::string human_duration_in(std::int64_t nanoseconds, std::int64_t scale);
// That unit.
std::string human_duration_unit(std::int64_t scale);

// "84 B", "1.2 kB", "31.4 MB".
std::string human_bytes(std::uint64_t bytes);

// "842 bit/s", "9.3 Gb/s".
std::string human_rate(double bits_per_second);

// A share of one: "33.3 %", "0 %", "100 %".
std::string human_share(double share);

// A number without a unit that is known here: whole from 1000 on, else four digits.
std::string human_number(double value);

// A duration as options are written, the unit apart: "10 ms", "1.5 s".
std::string human_setting(std::int64_t nanoseconds);

// An RFC 3339 time in UTC with nine decimals, to the millisecond: "2026-11-24 04:05:00.123". Other text as it is.
std::string human_stamp(const std::string &text);

// The time of day in UTC with nine decimals: stamps of one run differ there, not in the date.
std::string human_time(std::int64_t wall_nanoseconds);

} // namespace sonde::cli
