#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace sonde::schedule {

// A stretch of time in [begin, end) in which local time is UTC + offset.
struct ZoneStretch {
    std::chrono::sys_seconds begin;
    std::chrono::sys_seconds end;
    std::chrono::seconds offset;
};

// Where a calendar is read: a fixed distance from UTC, or a zone of the system's tz data. A small value; threads may
// share it.
class Zone {
public:
    // UTC + offset. Zone{} is UTC.
    explicit Zone(std::chrono::minutes offset = std::chrono::minutes(0)) : offset_(offset) {}

    // A zone of /usr/share/zoneinfo, as Europe/London; an Error if there is none of that name, or no tz data at all.
    static Result<Zone> named(std::string_view name);
    // The system's: what TZ names, else what /etc/localtime is. Read anew only by another process.
    static Result<Zone> local();

    // As tz data names it; UTC or +05:30 for a fixed one.
    std::string name() const;
    ZoneStretch at(std::chrono::sys_seconds time) const;

private:
    explicit Zone(const date::time_zone *zone) : zone_(zone) {}

    const date::time_zone *zone_ = nullptr; // of the library's one list, which lives as long as the process
    std::chrono::seconds offset_{0};
};

} // namespace sonde::schedule
