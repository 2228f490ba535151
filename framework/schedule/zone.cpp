#include "schedule/zone.hpp"

#include <date/tz.h>
// The next header is of before C++20, whose own hh_mm_ss it would find as well.
namespace Posix {
using date::hh_mm_ss;
}
#include <date/ptz.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <system_error>

namespace sonde::schedule {

namespace {

constexpr const char *kZoneHint = "the package tzdata has the zones; until then calendars are read in UTC";
constexpr std::string_view kZones = "/usr/share/zoneinfo/";
constexpr std::string_view kLocal = "/etc/localtime";
// No zone's data lists a change after this; a stretch that ends later is the list's last one.
constexpr std::chrono::sys_days kNeverListed{std::chrono::year{3000} / 1 / 1};

// Of [+-]hh[:mm[:ss]].
std::chrono::seconds read_time(const std::string &text)
{
    const bool negative = text.starts_with('-');
    std::istringstream parts(negative || text.starts_with('+') ? text.substr(1) : text);
    std::chrono::seconds time{0}, unit = std::chrono::hours(1);
    for (std::string part; std::getline(parts, part, ':'); unit /= 60)
        time += std::stoi(part) * unit;
    return negative ? -time : time;
}

std::string time_text(std::chrono::seconds time)
{
    const auto size = std::chrono::abs(time).count();
    return (time.count() < 0 ? "-" : "") + std::to_string(size / 3600) + ":" + std::to_string(size / 60 % 60) + ":" +
           std::to_string(size % 60);
}

// The library knows no time of day before midnight, as in <-02>2<-01>,M3.5.0/-1,M10.5.0/0. The same instants are those
// of a zone whose clocks show more by this distance.
struct Shifted {
    std::string text;
    std::chrono::seconds by{0};
};

Shifted without_negative_times(const std::string &text)
{
    static const std::regex form(R"(([A-Za-z]+|<[^>]+>)([+-]?[0-9:]+)([A-Za-z]+|<[^>]+>)([+-]?[0-9:]+)?)"
                                 R"(,([^,/]+)(?:/([+-]?[0-9:]+))?,([^,/]+)(?:/([+-]?[0-9:]+))?)");
    std::smatch part;
    if (!std::regex_match(text, part, form))
        return {text};
    const auto time_of_day = [&](std::size_t group) {
        return part[group].matched ? read_time(part[group]) : std::chrono::hours(2);
    };
    const std::chrono::seconds start = time_of_day(6), end = time_of_day(8);
    const std::chrono::seconds by = -std::min({start, end, std::chrono::seconds(0)});
    if (by == std::chrono::seconds(0))
        return {text};
    const std::string daylight = part[4].matched ? time_text(read_time(part[4]) - by) : "";
    return {part[1].str() + time_text(read_time(part[2]) - by) + part[3].str() + daylight + "," + part[5].str() + "/" +
                time_text(start + by) + "," + part[7].str() + "/" + time_text(end + by),
            by};
}

std::optional<Zone::Rule> parse_rule(std::string_view text)
{
    try {
        const Shifted shifted = without_negative_times(std::string(text));
        return Zone::Rule{std::make_shared<const Posix::time_zone>(shifted.text), shifted.by};
    } catch (const std::exception &) {
        return std::nullopt;
    }
}

// What holds after the last change that the zone's data lists (RFC 8536 section 3.3): the file ends with a line of it,
// which the library does not read. Data in the slim form list nothing that the rule says.
std::optional<Zone::Rule> rule_of(std::string_view name)
{
    std::ifstream file(std::string(kZones) + std::string(name), std::ios::binary);
    const std::string data{std::istreambuf_iterator<char>(file), {}};
    if (data.size() < 2 || data.back() != '\n')
        return std::nullopt;
    const std::size_t before = data.rfind('\n', data.size() - 2);
    return before == std::string::npos ? std::nullopt : parse_rule(data.substr(before + 1, data.size() - before - 2));
}

// The name of the zone whose data a path leads to.
Result<std::string> name_of(const std::filesystem::path &path)
{
    std::error_code error;
    const std::string target = std::filesystem::canonical(path, error).string();
    if (!error && target.starts_with(kZones))
        return target.substr(kZones.size());
    return Error{"time zone '" + path.string() + "'", "leads to no file of " + std::string(kZones), kZoneHint};
}

} // namespace

Result<Zone> Zone::named(std::string_view name)
{
    try {
        const date::time_zone *zone = date::locate_zone(name);
        return Zone(zone, rule_of(zone->name()), zone->name());
    } catch (const std::exception &error) {
        // As the C library has it, a zone may be a rule: EST5EDT,M3.2.0,M11.1.0
        if (auto rule = parse_rule(name))
            return Zone(nullptr, std::move(rule), std::string(name));
        return Error{"time zone '" + std::string(name) + "'", error.what(), kZoneHint};
    }
}

Result<Zone> Zone::local()
{
    // As the C library reads it: a colon may stand before the name, and no name is UTC.
    std::string_view name;
    if (const char *set = std::getenv("TZ"); set != nullptr) {
        name = *set == ':' ? set + 1 : set;
        if (name.empty())
            return Zone();
    }
    if (!name.empty() && name != kLocal) {
        if (!name.starts_with('/'))
            return named(name);
        const auto found = name_of(name);
        return found ? named(*found) : found.error();
    }
    try {
        return named(date::current_zone()->name());
    } catch (const std::exception &error) {
        return Error{std::string(kLocal), error.what(), kZoneHint};
    }
}

std::string Zone::name() const
{
    if (!name_.empty())
        return name_;
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(offset_).count();
    if (minutes == 0)
        return "UTC";
    const auto two = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    const auto size = std::abs(minutes);
    return (minutes < 0 ? "-" : "+") + two(size / 60) + ":" + two(size % 60);
}

ZoneStretch Zone::at(std::chrono::sys_seconds time) const
{
    ZoneStretch stretch{std::chrono::sys_seconds::min(), std::chrono::sys_seconds::max(), offset_};
    if (zone_ != nullptr) {
        const date::sys_info listed = zone_->get_info(time);
        stretch = {listed.begin, listed.end, listed.offset};
    }
    if (rule_ && stretch.end > kNeverListed) {
        const date::sys_info ruled = rule_->zone->get_info(time);
        stretch = {std::max(stretch.begin, ruled.begin), std::min(stretch.end, ruled.end),
                   ruled.offset - rule_->ahead_by};
    }
    return stretch;
}

} // namespace sonde::schedule
