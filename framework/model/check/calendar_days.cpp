#include "model/check/calendar_days.hpp"

#include <algorithm>
#include <vector>

namespace sonde::model::check {

namespace {

using namespace std::chrono;

constexpr seconds kDay = hours(24);
// Further from UTC than any zone.
constexpr seconds kZoneMost = hours(15);

bool holds(const Calendar &calendar, year_month_day date)
{
    return calendar.month.holds(static_cast<unsigned>(date.month())) &&
           calendar.day_of_month.holds(static_cast<unsigned>(date.day())) &&
           calendar.day_of_week.holds(weekday(sys_days(date)).iso_encoding());
}

std::vector<int> values(const CalendarField &field, int count)
{
    std::vector<int> all;
    for (int value = 0; value < count; ++value)
        if (field.holds(static_cast<unsigned>(value)))
            all.push_back(value);
    return all;
}

struct Times {
    explicit Times(const Calendar &calendar)
        : hours(values(calendar.hour, 24)), minutes(values(calendar.minute, 60)), seconds(values(calendar.second, 60))
    {
    }

    bool empty() const { return hours.empty() || minutes.empty() || seconds.empty(); }

    std::vector<int> hours;
    std::vector<int> minutes;
    std::vector<int> seconds;
};

// The first time of the day that is not before `from`.
std::optional<seconds> first_from(const Times &times, seconds from)
{
    for (const int hour : times.hours) {
        if (hours(hour + 1) <= from)
            continue;
        for (const int minute : times.minutes) {
            if (hours(hour) + minutes(minute + 1) <= from)
                continue;
            for (const int second : times.seconds) {
                const seconds time = hours(hour) + minutes(minute) + seconds(second);
                if (time >= from)
                    return time;
            }
        }
    }
    return std::nullopt;
}

// The closest two of an ascending list; nothing if there is one alone.
std::optional<int> closest(const std::vector<int> &all)
{
    std::optional<int> least;
    for (std::size_t i = 1; i < all.size(); ++i)
        least = std::min(least.value_or(all[i] - all[i - 1]), all[i] - all[i - 1]);
    return least;
}

std::optional<int> widest(const std::vector<int> &all)
{
    std::optional<int> most;
    for (std::size_t i = 1; i < all.size(); ++i)
        most = std::max(most.value_or(0), all[i] - all[i - 1]);
    return most;
}

// Between two that follow each other: the most in eight years, of which two have a 29 February.
std::optional<days> widest_days(const Calendar &calendar)
{
    std::optional<days> most;
    std::optional<sys_days> last;
    for (sys_days day = year(2001) / 1 / 1; day < sys_days(year(2009) / 1 / 1); day += days(1)) {
        if (!holds(calendar, year_month_day(day)))
            continue;
        if (last)
            most = std::max(most.value_or(days(0)), day - *last);
        last = day;
    }
    return most;
}

} // namespace

bool has_dates(const Calendar &calendar)
{
    constexpr unsigned kLongest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned month = 1; month <= 12; ++month)
        for (unsigned day = 1; calendar.month.holds(month) && day <= kLongest[month - 1]; ++day)
            if (calendar.day_of_month.holds(day))
                return true;
    return false;
}

bool fires_in_window(const Calendar &calendar)
{
    if (!calendar.start || !calendar.end)
        return true;
    const Times times(calendar);
    // Local times are taken for UTC here.
    const seconds earlier = calendar.timezone_offset ? seconds(*calendar.timezone_offset) : -kZoneMost;
    const seconds later = calendar.timezone_offset ? seconds(*calendar.timezone_offset) : kZoneMost;
    const sys_seconds from = ceil<seconds>(*calendar.start) + earlier;
    const sys_seconds before = ceil<seconds>(*calendar.end) + later;
    // Of the days that are there at all, the rarest is a 29 February on one weekday: two are 40 years apart at most.
    for (sys_days day = floor<days>(from); day < before; day += days(1)) {
        if (!holds(calendar, year_month_day(day)))
            continue;
        const auto time = first_from(times, std::max(seconds(0), from - day));
        if (time && day + *time < before)
            return true;
    }
    return false;
}

std::optional<seconds> shortest_gap(const Calendar &calendar)
{
    const Times times(calendar);
    if (times.empty())
        return std::nullopt;
    const int turn = times.seconds.front() - times.seconds.back();
    const int hour_turn = (times.minutes.front() - times.minutes.back()) * 60 + turn;
    std::optional<seconds> least;
    const auto consider = [&](std::optional<int> steps, int step, int rest) {
        if (steps)
            least = std::min(least.value_or(kDay), seconds(*steps * step + rest));
    };
    consider(closest(times.seconds), 1, 0);
    consider(closest(times.minutes), 60, turn);
    consider(closest(times.hours), 3600, hour_turn);
    const bool daily = calendar.month.every && calendar.day_of_month.every && calendar.day_of_week.every;
    if (daily)
        consider(24 - times.hours.back() + times.hours.front(), 3600, hour_turn);
    return least;
}

std::optional<seconds> longest_gap(const Calendar &calendar)
{
    const Times times(calendar);
    const std::optional<days> between = widest_days(calendar);
    if (times.empty() || !between)
        return std::nullopt;
    const int turn = times.seconds.front() - times.seconds.back();
    const int hour_turn = (times.minutes.front() - times.minutes.back()) * 60 + turn;
    const int day_turn = (times.hours.front() - times.hours.back()) * 3600 + hour_turn;
    const auto steps = [](const std::vector<int> &all, int step, int rest) {
        const std::optional<int> most = widest(all);
        return seconds(most ? *most * step + rest : 0);
    };
    return std::max({seconds(*between) + seconds(day_turn), steps(times.hours, 3600, hour_turn),
                     steps(times.minutes, 60, turn), steps(times.seconds, 1, 0)});
}

} // namespace sonde::model::check
