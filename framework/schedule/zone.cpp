#include "schedule/zone.hpp"

#include <date/tz.h>

#include <cstdlib>
#include <exception>

namespace sonde::schedule {

namespace {

constexpr const char *kZoneHint = "the package tzdata has the zones; until then calendars are read in UTC";

} // namespace

Result<Zone> Zone::named(std::string_view name)
{
    try {
        return Zone(date::locate_zone(name));
    } catch (const std::exception &error) {
        return Error{"time zone '" + std::string(name) + "'", error.what(), kZoneHint};
    }
}

Result<Zone> Zone::local()
{
    // As the C library reads it: a colon may stand before the name.
    if (const char *set = std::getenv("TZ"); set != nullptr && *set != '\0')
        return named(*set == ':' ? set + 1 : set);
    try {
        return Zone(date::current_zone());
    } catch (const std::exception &error) {
        return Error{"/etc/localtime", error.what(), kZoneHint};
    }
}

std::string Zone::name() const
{
    if (zone_ != nullptr)
        return zone_->name();
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(offset_).count();
    if (minutes == 0)
        return "UTC";
    const auto two = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    const auto size = std::abs(minutes);
    return (minutes < 0 ? "-" : "+") + two(size / 60) + ":" + two(size % 60);
}

ZoneStretch Zone::at(std::chrono::sys_seconds time) const
{
    if (zone_ == nullptr)
        return {std::chrono::sys_seconds::min(), std::chrono::sys_seconds::max(), offset_};
    const date::sys_info info = zone_->get_info(time);
    return {info.begin, info.end, info.offset};
}

} // namespace sonde::schedule
