#include "schedule/calendar.hpp"
#include "schedule/timing.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

using namespace sonde;
using namespace sonde::schedule;
using namespace std::chrono_literals;
using model::CalendarField;
using std::chrono::sys_seconds;

namespace {

sys_seconds at(int year, unsigned month, unsigned day, std::chrono::seconds time = 0s)
{
    return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} + time;
}

CalendarField only(std::initializer_list<unsigned> values)
{
    CalendarField field;
    for (const unsigned value : values)
        field.values |= std::uint64_t{1} << value;
    return field;
}

const CalendarField kEvery{true, 0};

model::Calendar daily(unsigned hour, unsigned minute = 0)
{
    return {kEvery, kEvery, kEvery, only({hour}), only({minute}), only({0}), {}, {}, {}};
}

Calendar in(const std::string &zone, const model::Calendar &calendar)
{
    const auto named = Zone::named(zone);
    REQUIRE(named);
    return {calendar, *named, kEndOfTime};
}

bool holds(const CalendarField &field, int value)
{
    return field.holds(unsigned(value));
}

// A stretch of time, second by second, as the C library's localtime_r tells it.
class Seconds {
public:
    Seconds(const std::string &zone, sys_seconds begin, std::chrono::seconds length) : begin_(begin)
    {
        setenv("TZ", zone.c_str(), 1);
        tzset();
        local_.resize(static_cast<std::size_t>(length.count()));
        for (std::size_t i = 0; i < local_.size(); ++i) {
            const std::time_t time = begin.time_since_epoch().count() + static_cast<std::time_t>(i);
            localtime_r(&time, &local_[i]);
        }
        unsetenv("TZ");
        tzset();
    }
    Triggers matching(const model::Calendar &calendar, WallTime from, WallTime before) const
    {
        Triggers found;
        for (std::size_t i = 0; i < local_.size(); ++i) {
            const WallTime time = begin_ + std::chrono::seconds(i);
            if (time < from || time >= before || (calendar.start && time < *calendar.start) ||
                (calendar.end && time >= *calendar.end) || !matches(calendar, local_[i]))
                continue;
            if (found.count++ == 0)
                found.first = time;
            found.last = time;
        }
        return found;
    }

private:
    static bool matches(const model::Calendar &calendar, const std::tm &t)
    {
        return holds(calendar.second, t.tm_sec) && holds(calendar.minute, t.tm_min) &&
               holds(calendar.hour, t.tm_hour) && holds(calendar.day_of_week, t.tm_wday == 0 ? 7 : t.tm_wday) &&
               holds(calendar.month, t.tm_mon + 1) && holds(calendar.day_of_month, t.tm_mday);
    }

    sys_seconds begin_;
    std::vector<std::tm> local_;
};

// Years, looked at piece by piece: what the fields of the day and the hour do not hold is passed over, and the rest is
// seen minute by minute and second by second.
class Years {
public:
    // No zone here changes its offset within a piece, and none has a day or an hour begin within one.
    static constexpr std::time_t kPiece = 900;

    Years(const std::string &zone, sys_seconds begin, sys_seconds end) : zone_(zone)
    {
        const InZone in(zone_);
        for (std::time_t at = begin.time_since_epoch().count(); at < end.time_since_epoch().count(); at += kPiece) {
            std::tm t{};
            localtime_r(&at, &t);
            pieces_.push_back(
                {at, small(t.tm_mon + 1), small(t.tm_mday), small(t.tm_wday == 0 ? 7 : t.tm_wday), small(t.tm_hour)});
        }
    }
    std::vector<WallTime> matching(const model::Calendar &calendar) const
    {
        const InZone in(zone_);
        std::vector<WallTime> found;
        for (const Piece &piece : pieces_) {
            if (!holds(calendar.month, piece.month) || !holds(calendar.day_of_month, piece.day) ||
                !holds(calendar.day_of_week, piece.weekday) || !holds(calendar.hour, piece.hour))
                continue;
            for (std::time_t minute = piece.at; minute < piece.at + kPiece; minute += 60) {
                std::tm t{};
                localtime_r(&minute, &t);
                for (std::time_t at = minute; holds(calendar.minute, t.tm_min) && at < minute + 60; ++at) {
                    std::tm second{};
                    localtime_r(&at, &second);
                    if (holds(calendar.second, second.tm_sec))
                        found.push_back(sys_seconds(std::chrono::seconds(at)));
                }
            }
        }
        return found;
    }

private:
    struct Piece { // there are a million
        std::time_t at;
        std::int8_t month, day, weekday, hour;
    };
    static std::int8_t small(int value) { return static_cast<std::int8_t>(value); }

    struct InZone {
        explicit InZone(const std::string &zone)
        {
            setenv("TZ", zone.c_str(), 1);
            tzset();
        }
        ~InZone()
        {
            unsetenv("TZ");
            tzset();
        }
        InZone(const InZone &) = delete;
        InZone &operator=(const InZone &) = delete;
    };

    std::string zone_;
    std::vector<Piece> pieces_;
};

struct Window {
    const char *zone;
    sys_seconds begin;
    std::chrono::hours length{36};
};

// Around changes of daylight saving, a leap day, the ends of years.
const Window kWindows[] = {
    {"Europe/London", at(2026, 3, 28, 12h)},
    {"Europe/London", at(2026, 10, 24, 12h)},
    {"America/New_York", at(2026, 3, 7, 12h)},
    {"America/New_York", at(2026, 10, 31, 12h)},
    {"Australia/Lord_Howe", at(2026, 4, 4)},
    {"Australia/Lord_Howe", at(2026, 10, 3)},
    {"UTC", at(2028, 2, 28)},
    {"UTC", at(2027, 12, 30, 20h)},
    {"Asia/Kolkata", at(2026, 12, 30, 20h)},
    {"Africa/Casablanca", at(2026, 2, 14)},
    {"Africa/Casablanca", at(2026, 3, 21)},
    {"Pacific/Apia", at(2011, 12, 29, 12h), 72h},
    {"America/New_York", at(2027, 12, 31), 48h},
    {"Europe/London", at(2028, 2, 28, 6h)},
};

} // namespace

// "A calendar timing object triggers based on the current calendar date and time."
TEST_CASE("a calendar triggers in every second that all six of its fields hold, and in no other [A5]")
{
    std::mt19937_64 random(11);
    const auto pick = [&](std::uint64_t below) { return random() % below; };
    // Rather dense, so that short windows hold triggers.
    const auto field = [&](unsigned first, unsigned last, unsigned every_in) {
        CalendarField field;
        field.every = pick(every_in) != 0;
        for (unsigned drawn = 1 + static_cast<unsigned>(pick(last - first + 1)); drawn > 0; --drawn)
            field.values |= std::uint64_t{1} << (first + pick(last - first + 1));
        return field;
    };
    std::uint64_t all = 0;
    for (const Window &window : kWindows) {
        INFO(window.zone << " from " << window.begin.time_since_epoch().count());
        const Seconds seconds(window.zone, window.begin, window.length);
        const auto length = static_cast<std::uint64_t>(std::chrono::seconds(window.length).count());
        const auto any = [&] { return window.begin + std::chrono::milliseconds(pick(length * 1000)); };
        for (int round = 0; round < 25; ++round) {
            model::Calendar calendar{field(1, 12, 4),
                                     field(1, 31, 3),
                                     field(1, 7, 3),
                                     field(0, 23, 2),
                                     field(0, 59, 2),
                                     field(0, 59, 2),
                                     {},
                                     {},
                                     {}};
            if (pick(3) == 0)
                calendar.start = any();
            if (pick(3) == 0)
                calendar.end = any();
            const Calendar computed = in(window.zone, calendar);
            const WallTime from = pick(2) == 0 ? WallTime(window.begin) : any();
            const WallTime before = pick(2) == 0 ? WallTime(window.begin + window.length) : any();
            const Triggers expected = seconds.matching(calendar, from, before);
            const auto found = computed.between(from, before);
            REQUIRE(found.has_value() == (expected.count > 0));
            const auto next = computed.first_from(from);
            if (!found) {
                REQUIRE((!next || *next >= before || before <= from));
                continue;
            }
            REQUIRE(*found == expected);
            REQUIRE(next == expected.first);
            // Each one leads to the next, and none is closer than the interval.
            std::uint64_t steps = 0;
            bool apart = true;
            WallTime former = WallTime(0s);
            for (auto t = next; t && *t < before && steps < 500; t = computed.first_from(*t + 1ns), ++steps) {
                apart = apart && *t - former >= computed.interval();
                former = *t;
            }
            REQUIRE(apart);
            REQUIRE(steps == std::min<std::uint64_t>(expected.count, 500));
            all += expected.count;
        }
    }
    CHECK(all > 1'000'000);
}

TEST_CASE("a calendar's triggers over decades are those of a look at every day, hour, minute and second of them [A5]")
{
    struct Span {
        const char *zone;
        int from;
        int until;
    };
    std::mt19937_64 random(12);
    const auto pick = [&](std::uint64_t below) { return random() % below; };
    const auto some = [&](unsigned first, unsigned last, std::uint64_t most) {
        CalendarField field;
        for (std::uint64_t drawn = 1 + pick(most); drawn > 0; --drawn)
            field.values |= std::uint64_t{1} << (first + pick(last - first + 1));
        return field;
    };
    const auto perhaps = [&](unsigned first, unsigned last, std::uint64_t most) {
        return pick(2) == 0 ? kEvery : some(first, last, most);
    };
    std::uint64_t all = 0;
    for (const Span &span : {Span{"America/New_York", 1995, 2035}, Span{"Europe/London", 2026, 2046},
                             Span{"Australia/Lord_Howe", 2020, 2028}, Span{"UTC", 1996, 2036}}) {
        INFO(span.zone << " from " << span.from);
        const auto begin = at(span.from, 1, 1), end = at(span.until, 1, 1);
        const Years years(span.zone, begin, end);
        for (int round = 0; round < 12; ++round) {
            // Days that not every month has, and the hours in which daylight saving begins and ends.
            const model::Calendar calendar{perhaps(1, 12, 3),
                                           pick(2) == 0 ? some(28, 31, 2) : perhaps(1, 31, 4),
                                           perhaps(1, 7, 3),
                                           pick(2) == 0 ? some(0, 3, 2) : some(0, 23, 2),
                                           some(0, 59, 2),
                                           some(0, 59, 1),
                                           {},
                                           {},
                                           {}};
            const Calendar computed = in(span.zone, calendar);
            const std::vector<WallTime> expected = years.matching(calendar);
            std::vector<WallTime> found;
            for (auto t = computed.first_from(begin); t && *t < end; t = computed.first_from(*t + 1ns))
                found.push_back(*t);
            REQUIRE(found == expected);
            const auto between = computed.between(begin, end);
            REQUIRE(between.has_value() == !expected.empty());
            if (between)
                REQUIRE((between->first == expected.front() && between->last == expected.back() &&
                         between->count == expected.size()));
            // From anywhere in them.
            for (int look = 0; look < 100; ++look) {
                const WallTime from =
                    begin + std::chrono::seconds(pick(static_cast<std::uint64_t>((end - begin).count())));
                const auto next = std::lower_bound(expected.begin(), expected.end(), from);
                const auto first = computed.first_from(from);
                REQUIRE((next == expected.end() ? !first || *first >= end : first == *next));
            }
            all += expected.size();
        }
    }
    CHECK(all > 10'000);
}

TEST_CASE("a skipped hour triggers nothing and a repeated one twice [A5]")
{
    // London: 01:30 does not exist on 29 March 2026, and exists twice on 25 October.
    const Calendar half_past_one = in("Europe/London", daily(1, 30));
    CHECK(half_past_one.first_from(at(2026, 3, 28, 12h)) == at(2026, 3, 30, 30min));
    CHECK(half_past_one.first_from(at(2026, 10, 25)) == at(2026, 10, 25, 30min));
    CHECK(half_past_one.first_from(at(2026, 10, 25, 31min)) == at(2026, 10, 25, 90min));
    const auto year = half_past_one.between(at(2026, 1, 1), at(2027, 1, 1));
    REQUIRE(year);
    CHECK(year->count == 365);

    const auto spring = half_past_one.changes(at(2026, 3, 28, 90min), at(2026, 3, 30, 30min));
    REQUIRE(spring.size() == 1);
    CHECK(spring[0].at == at(2026, 3, 29, 1h));
    CHECK(spring[0].forward);
    CHECK(spring[0].triggers == 1);
    const auto autumn = half_past_one.changes(at(2026, 10, 25, 30min), at(2026, 10, 25, 90min));
    REQUIRE(autumn.size() == 1);
    CHECK(autumn[0].at == at(2026, 10, 25, 1h));
    CHECK_FALSE(autumn[0].forward);
    // What no trigger lies in is no matter.
    CHECK(in("Europe/London", daily(4)).changes(at(2026, 1, 1), at(2027, 1, 1)).empty());
}

TEST_CASE("a calendar with an offset of its own knows no daylight saving [A5]")
{
    model::Calendar half_past_one = daily(1, 30);
    half_past_one.timezone_offset = -300min;
    const Calendar calendar = in("Europe/London", half_past_one);
    CHECK(calendar.first_from(at(2026, 3, 29)) == at(2026, 3, 29, 390min));
    CHECK(calendar.between(at(2026, 1, 1), at(2027, 1, 1))->count == 365);
    CHECK(calendar.changes(at(2026, 1, 1), at(2027, 1, 1)).empty());
    half_past_one.timezone_offset = 330min;
    CHECK(in("UTC", half_past_one).first_from(at(2026, 3, 29)) == at(2026, 3, 29, 20h));
}

TEST_CASE("a calendar's start is a trigger and its end is none [A5]")
{
    model::Calendar noon = daily(12);
    noon.start = at(2026, 5, 1, 12h);
    noon.end = at(2026, 5, 4, 12h);
    const Calendar calendar = in("UTC", noon);
    CHECK(calendar.first_from(WallTime::min()) == at(2026, 5, 1, 12h));
    CHECK_FALSE(calendar.first_from(at(2026, 5, 3, 12h) + 1ns));
    CHECK(calendar.between(WallTime::min(), WallTime::max())->count == 3);
    noon.start = *noon.start + 1ns;
    noon.end = *noon.end + 1ns;
    const Calendar later = in("UTC", noon);
    CHECK(later.first_from(WallTime::min()) == at(2026, 5, 2, 12h));
    CHECK(later.between(WallTime::min(), WallTime::max())->last == at(2026, 5, 4, 12h));
}

TEST_CASE("a day that comes once in decades is found, and one that never comes is not [A5]")
{
    model::Calendar rare = daily(0);
    rare.month = only({2});
    rare.day_of_month = only({29});
    rare.day_of_week = only({7});
    CHECK(in("UTC", rare).first_from(at(2026, 1, 1)) == at(2032, 2, 29));
    CHECK(in("Europe/London", rare).first_from(at(2032, 3, 1)) == at(2060, 2, 29));
    rare.day_of_month = only({30, 31});
    CHECK_FALSE(in("Europe/London", rare).first_from(at(2026, 1, 1)));
    CHECK_FALSE(in("UTC", rare).between(WallTime::min(), WallTime::max()));
    rare.day_of_month = only({0});
    CHECK_FALSE(in("UTC", rare).first_from(at(2026, 1, 1)));
}

TEST_CASE("no two triggers of a calendar are closer than its interval [A5]")
{
    model::Calendar calendar = daily(1);
    CHECK(in("UTC", calendar).interval() == 60s);
    calendar.second = kEvery;
    CHECK(in("UTC", calendar).interval() == 1s);
    calendar.second = only({0, 20, 58});
    CHECK(in("UTC", calendar).interval() == 2s);
}

TEST_CASE("a zone that the tz data does not have is an error that says so [A5]")
{
    const auto none = Zone::named("Europe/Nowhere");
    REQUIRE_FALSE(none);
    CHECK(none.error().where == "time zone 'Europe/Nowhere'");
    CHECK(Zone::named("Europe/London")->name() == "Europe/London");
    CHECK(Zone().name() == "UTC");
    CHECK(Zone(-90min).name() == "-01:30");
    // What the C library reads is what is read here.
    setenv("TZ", ":Asia/Kolkata", 1);
    CHECK(Zone::local()->name() == "Asia/Kolkata");
    unsetenv("TZ");
}
