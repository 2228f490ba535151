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
#include <system_error>

namespace sonde::schedule {

namespace {

constexpr const char *kZoneHint = "the package tzdata has the zones; until then calendars are read in UTC";
constexpr std::string_view kZones = "/usr/share/zoneinfo/";
constexpr std::string_view kLocal = "/etc/localtime";
// No zone's data lists a change after this; a stretch that ends later is the list's last one.
constexpr std::chrono::sys_days kNeverListed{std::chrono::year{3000} / 1 / 1};

std::shared_ptr<const Posix::time_zone> parse_rule(std::string_view text)
{
    try {
        return std::make_shared<const Posix::time_zone>(text);
    } catch (const std::exception &) {
        return nullptr;
    }
}

// What holds after the last change that the zone's data lists (RFC 8536 section 3.3): the file ends with a line of it,
// which the library does not read. Data in the slim form list nothing that the rule says.
std::shared_ptr<const Posix::time_zone> rule_of(std::string_view name)
{
    std::ifstream file(std::string(kZones) + std::string(name), std::ios::binary);
    const std::string data{std::istreambuf_iterator<char>(file), {}};
    if (data.size() < 2 || data.back() != '\n')
        return nullptr;
    const std::size_t before = data.rfind('\n', data.size() - 2);
    return before == std::string::npos ? nullptr : parse_rule(data.substr(before + 1, data.size() - before - 2));
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
    // As the C library reads it: a colon may stand before the name.
    std::string_view name;
    if (const char *set = std::getenv("TZ"); set != nullptr)
        name = *set == ':' ? set + 1 : set;
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
        const date::sys_info ruled = rule_->get_info(time);
        stretch = {std::max(stretch.begin, ruled.begin), std::min(stretch.end, ruled.end), ruled.offset};
    }
    return stretch;
}

} // namespace sonde::schedule
