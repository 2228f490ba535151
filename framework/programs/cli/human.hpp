#pragma once

#include <cstdint>
#include <string>

// Figures for people, not for programs: rounded, with units.
namespace sonde::cli {

// "412 ns", "4.1 us", "11.204 ms", "1.500 s": about four digits.
std::string human_duration(std::int64_t nanoseconds);

// "84 B", "1.2 kB", "31.4 MB".
std::string human_bytes(std::uint64_t bytes);

// The time of day in UTC with nine decimals: stamps of one run differ there, not in the date.
std::string human_time(std::int64_t wall_nanoseconds);

} // namespace sonde::cli
