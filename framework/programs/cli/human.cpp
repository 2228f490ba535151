#include "programs/cli/human.hpp"

#include "plugin_host/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <span>
#include <string_view>

namespace sonde::cli {

namespace {

std::string formatted(const char *format, double value, const char *unit)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value, unit);
    return text.data();
}

struct Step {
    double size; // in ns
    int decimals;
    double end; // the first length, in ns, that rounds to the next step's unit
    std::string_view unit;
};

const Step &step_of(std::int64_t nanoseconds)
{
    static constexpr Step steps[] = {
        {1, 0, 1e3, "ns"}, {1e3, 1, 999.95e3, "us"}, {1e6, 3, 999.9995e6, "ms"}, {1e9, 3, HUGE_VAL, "s"}};
    const double size = std::abs(static_cast<double>(nanoseconds));
    return *std::find_if(std::begin(steps), std::end(steps), [&](const Step &step) { return size < step.end; });
}

// From a thousand on.
std::string scaled(double value, std::span<const char *const> units)
{
    value /= 1e3;
    std::size_t unit = 0;
    while (std::abs(value) >= 999.95 && unit + 1 < units.size()) {
        value /= 1e3;
        ++unit;
    }
    return formatted("%.1f %s", value, units[unit]);
}

} // namespace

std::string human_duration(std::int64_t nanoseconds)
{
    return human_duration_in(nanoseconds, nanoseconds) + " " + human_duration_unit(nanoseconds);
}

std::string human_duration_unit(std::int64_t scale)
{
    return std::string(step_of(scale).unit);
}

std::string human_duration_in(std::int64_t nanoseconds, std::int64_t scale)
{
    const Step &step = step_of(scale);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", step.decimals, static_cast<double>(nanoseconds) / step.size);
    return text.data();
}

std::string human_bytes(std::uint64_t bytes)
{
    static constexpr const char *units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000)
        return std::to_string(bytes) + " B";
    return scaled(static_cast<double>(bytes), units);
}

std::string human_rate(double bits_per_second)
{
    static constexpr const char *units[] = {"kb/s", "Mb/s", "Gb/s", "Tb/s"};
    if (std::abs(bits_per_second) < 999.5)
        return formatted("%.0f %s", bits_per_second, "bit/s");
    return scaled(bits_per_second, units);
}

std::string human_share(double share)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.3g %%", share * 100);
    return text.data();
}

std::string human_number(double value)
{
    std::array<char, 400> text{};
    std::snprintf(text.data(), text.size(), std::abs(value) >= 1000 ? "%.0f" : "%.4g", value);
    return text.data();
}

std::string human_setting(std::int64_t nanoseconds)
{
    std::string text = plugin_host::duration_text(nanoseconds);
    const std::size_t unit = text.find_first_not_of("-0123456789.");
    return unit == std::string::npos ? text : text.insert(unit, " ");
}

std::string human_stamp(const std::string &text)
{
    static constexpr std::string_view form = "0000-00-00T00:00:00.000000000Z";
    if (text.size() != form.size() || !std::equal(text.begin(), text.end(), form.begin(), [](char given, char formal) {
            return formal == '0' ? given >= '0' && given <= '9' : given == formal;
        }))
        return text;
    return text.substr(0, 10) + " " + text.substr(11, 12);
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
