#pragma once

#include "base/result.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace date {
class time_zone;
}
namespace Posix {
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

    // A zone of /usr/share/zoneinfo, as Europe/London, or a rule as POSIX has it, as EST5EDT,M3.2.0,M11.1.0; an Error
    // if it is neither, or there is no tz data at all.
    static Result<Zone> named(std::string_view name);
    // The system's: what TZ names, be it a path, UTC if it names nothing, and what /etc/localtime is if it is not set.
    // Read anew only by another process.
    static Result<Zone> local();

    // As tz data names it; UTC or +05:30 for a fixed one.
    std::string name() const;
    ZoneStretch at(std::chrono::sys_seconds time) const;

    // As POSIX has it. The library's zone shows more than the true local time by `ahead_by`.
    struct Rule {
        std::shared_ptr<const Posix::time_zone> zone;
        std::chrono::seconds ahead_by;
    };

private:
    Zone(const date::time_zone *zone, std::optional<Rule> rule, std::string name)
        : zone_(zone), rule_(std::move(rule)), name_(std::move(name))
    {
    }

    const date::time_zone *zone_ = nullptr;        // of the library's one list, which lives as long as the process
    std::optional<Rule> rule_;                     // what holds after the last change that the list has
    std::string name_;
    std::chrono::seconds offset_{0};
};

} // namespace sonde::schedule
