#include "programs/cli/human.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace sonde::cli {

namespace {

std::string formatted(const char *format, double value, const char *unit)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value, unit);
    return text.data();
}

} // namespace

std::string human_duration(std::int64_t nanoseconds)
{
    const auto value = static_cast<double>(nanoseconds);
    const double size = std::abs(value);
    if (size < 1e3)
        return std::to_string(nanoseconds) + " ns";
    if (size < 999.95e3)
        return formatted("%.1f %s", value / 1e3, "us");
    if (size < 999.9995e6)
        return formatted("%.3f %s", value / 1e6, "ms");
    return formatted("%.3f %s", value / 1e9, "s");
}

std::string human_bytes(std::uint64_t bytes)
{
    static constexpr const char *units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000)
        return std::to_string(bytes) + " B";
    auto value = static_cast<double>(bytes) / 1e3;
    std::size_t unit = 0;
    while (value >= 999.95 && unit + 1 < std::size(units)) {
        value /= 1e3;
        ++unit;
    }
    return formatted("%.1f %s", value, units[unit]);
}

std::string human_time(std::int64_t wall_nanoseconds)
{
    constexpr std::int64_t second = 1'000'000'000, day = 86'400;
    std::int64_t seconds = wall_nanoseconds / second, fraction = wall_nanoseconds % second;
    if (fraction < 0) {
        fraction += second;
        --seconds;
    }
    const std::int64_t of_day = (seconds % day + day) % day;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%09d", static_cast<int>(of_day / 3600),
                  static_cast<int>(of_day / 60 % 60), static_cast<int>(of_day % 60), static_cast<int>(fraction));
    return text.data();
}

} // namespace sonde::cli
