#include "schedule/calendar.hpp"

#include <algorithm>
#include <bit>

namespace sonde::schedule {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr seconds kDay = days(1);

std::uint64_t bits(const model::CalendarField &field, unsigned first, unsigned last)
{
    std::uint64_t bits = 0;
    for (unsigned value = first; value <= last; ++value)
        bits |= std::uint64_t{field.holds(value)} << value;
    return bits;
}

bool has(std::uint64_t bits, unsigned value)
{
    return ((bits >> value) & 1) != 0;
}

std::uint64_t number(std::uint64_t bits)
{
    return static_cast<std::uint64_t>(std::popcount(bits));
}

// How many bits there are below `value`, which is less than 64.
std::uint64_t number_below(std::uint64_t bits, unsigned value)
{
    return number(bits & ((std::uint64_t{1} << value) - 1));
}

// The value of the bit with this number, from 0.
unsigned value_of(std::uint64_t bits, std::uint64_t number)
{
    for (; number > 0; --number)
        bits &= bits - 1;
    return static_cast<unsigned>(std::countr_zero(bits));
}

local_seconds local(sys_seconds time, seconds offset)
{
    return local_seconds(time.time_since_epoch() + offset);
}

sys_seconds universal(local_seconds time, seconds offset)
{
    return sys_seconds(time.time_since_epoch() - offset);
}

sys_seconds whole(WallTime time)
{
    return std::chrono::ceil<seconds>(time);
}

} // namespace

Calendar::Calendar(const model::Calendar &calendar, const Zone &zone, WallTime end_of_time)
    : zone_(calendar.timezone_offset ? Zone(*calendar.timezone_offset) : zone), months_(bits(calendar.month, 1, 12)),
      days_of_month_(bits(calendar.day_of_month, 1, 31)), days_of_week_(bits(calendar.day_of_week, 1, 7)),
      hours_(bits(calendar.hour, 0, 23)), minutes_(bits(calendar.minute, 0, 59)),
      seconds_(bits(calendar.second, 0, 59)), start_(whole(calendar.start.value_or(WallTime::min()))),
      end_(whole(std::min(calendar.end.value_or(end_of_time), end_of_time)))
{
}

seconds Calendar::interval() const
{
    if (number(seconds_) < 2)
        return seconds(60);
    unsigned before = value_of(seconds_, number(seconds_) - 1);
    unsigned shortest = 60;
    for (std::uint64_t i = 0; i < number(seconds_); ++i) {
        const unsigned value = value_of(seconds_, i);
        shortest = std::min(shortest, (value + 60 - before) % 60);
        before = value;
    }
    return seconds(shortest);
}

bool Calendar::holds(local_days day) const
{
    const std::chrono::year_month_day date(day);
    return has(months_, unsigned(date.month())) && has(days_of_month_, unsigned(date.day())) &&
           has(days_of_week_, std::chrono::weekday(day).iso_encoding());
}

local_days Calendar::next_day(local_days from, local_days before) const
{
    while (from < before && !holds(from)) {
        const std::chrono::year_month_day date(from);
        if (has(months_, unsigned(date.month())))
            from += days(1);
        else
            from = local_days((date.year() / date.month() + std::chrono::months(1)) / 1);
    }
    return std::min(from, before);
}

std::uint64_t Calendar::below(seconds time_of_day) const
{
    const std::chrono::hh_mm_ss time(time_of_day);
    const auto hour = static_cast<unsigned>(time.hours().count());
    const auto minute = static_cast<unsigned>(time.minutes().count());
    const auto second = static_cast<unsigned>(time.seconds().count());
    std::uint64_t found = number_below(hours_, hour) * number(minutes_);
    if (!has(hours_, hour))
        return found * number(seconds_);
    found = (found + number_below(minutes_, minute)) * number(seconds_);
    return has(minutes_, minute) ? found + number_below(seconds_, second) : found;
}

seconds Calendar::nth(std::uint64_t which) const
{
    const unsigned second = value_of(seconds_, which % number(seconds_));
    which /= number(seconds_);
    const unsigned minute = value_of(minutes_, which % number(minutes_));
    const unsigned hour = value_of(hours_, which / number(minutes_));
    return seconds((hour * 60 + minute) * 60 + second);
}

std::optional<local_seconds> Calendar::first(local_seconds from, local_seconds before) const
{
    const std::uint64_t a_day = number(hours_) * number(minutes_) * number(seconds_);
    const local_days end = std::chrono::ceil<days>(before);
    for (local_days day = std::chrono::floor<days>(from); a_day > 0; day += days(1)) {
        day = next_day(day, end);
        if (day >= end)
            break;
        const std::uint64_t passed = from > day ? below(from - day) : 0;
        if (passed == a_day)
            continue;
        const local_seconds found = day + nth(passed);
        return found < before ? std::optional(found) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<local_seconds> Calendar::last(local_seconds from, local_seconds before) const
{
    const std::uint64_t a_day = number(hours_) * number(minutes_) * number(seconds_);
    for (local_days day = std::chrono::floor<days>(before); a_day > 0 && day + kDay > from; day -= days(1)) {
        const std::uint64_t until = before - day < kDay ? below(before - day) : a_day;
        if (until == 0 || !holds(day))
            continue;
        const local_seconds found = day + nth(until - 1);
        return found >= from ? std::optional(found) : std::nullopt;
    }
    return std::nullopt;
}

std::uint64_t Calendar::count(local_seconds from, local_seconds before) const
{
    const std::uint64_t a_day = number(hours_) * number(minutes_) * number(seconds_);
    const local_days end = std::chrono::ceil<days>(before);
    std::uint64_t found = 0;
    for (local_days day = next_day(std::chrono::floor<days>(from), end); day < end;
         day = next_day(day + days(1), end)) {
        found += before - day < kDay ? below(before - day) : a_day;
        found -= from > day ? below(from - day) : 0;
    }
    return found;
}

template <class F>
void Calendar::each_stretch(sys_seconds from, sys_seconds before, F f) const
{
    while (from < before) {
        const ZoneStretch stretch = zone_.at(from);
        const sys_seconds until = std::min(stretch.end, before);
        if (f(local(from, stretch.offset), local(until, stretch.offset), stretch.offset))
            return;
        from = until;
    }
}

std::optional<WallTime> Calendar::first_from(WallTime from) const
{
    std::optional<WallTime> found;
    each_stretch(std::max(whole(from), start_), end_, [&](local_seconds begin, local_seconds end, seconds offset) {
        if (const auto time = first(begin, end))
            found = universal(*time, offset);
        return found.has_value();
    });
    return found;
}

std::optional<Triggers> Calendar::between(WallTime from, WallTime before) const
{
    std::optional<Triggers> found;
    each_stretch(std::max(whole(from), start_), std::min(whole(before), end_),
                 [&](local_seconds begin, local_seconds end, seconds offset) {
                     const std::uint64_t triggers = count(begin, end);
                     if (triggers == 0)
                         return false;
                     if (!found)
                         found = Triggers{universal(*first(begin, end), offset), {}, 0};
                     found->last = universal(*last(begin, end), offset);
                     found->count += triggers;
                     return false;
                 });
    return found;
}

std::vector<ClockChange> Calendar::changes(WallTime from, WallTime until) const
{
    std::vector<ClockChange> found;
    std::optional<seconds> former;
    each_stretch(std::chrono::floor<seconds>(from), whole(until) + seconds(1),
                 [&](local_seconds begin, local_seconds, seconds offset) {
                     const seconds by = former ? offset - *former : seconds(0);
                     former = offset;
                     // What is skipped lies before the change's new local time, what is repeated behind it.
                     const std::uint64_t triggers = by > seconds(0)   ? count(begin - by, begin)
                                                    : by < seconds(0) ? count(begin, begin - by)
                                                                      : 0;
                     if (triggers > 0)
                         found.push_back({universal(begin, offset), by > seconds(0), triggers});
                     return false;
                 });
    return found;
}

} // namespace sonde::schedule
