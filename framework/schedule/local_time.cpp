#include "schedule/local_time.hpp"

namespace sonde::schedule {

std::chrono::seconds time_of_day(const Zone &zone, WallTime at)
{
    const auto utc = std::chrono::floor<std::chrono::seconds>(at);
    const auto local = utc + zone.at(utc).offset;
    return local - std::chrono::floor<std::chrono::days>(local);
}

bool in_window(const model::LocalTimeWindow &window, std::chrono::seconds time_of_day)
{
    if (window.from <= window.until)
        return window.from <= time_of_day && time_of_day < window.until;
    return window.from <= time_of_day || time_of_day < window.until;
}

} // namespace sonde::schedule
