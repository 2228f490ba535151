// What an instruction says as a whole, beyond the types of its nodes.
#include "model/check/calendar_days.hpp"
#include "model/instruction_json.hpp"

#include "files.hpp"
#include "support/catch.hpp"

#include <random>
#include <sstream>

using namespace sonde;
using namespace sonde::model;

namespace {

struct Said {
    std::string errors;
    std::string warnings;
};

// Without what stands before the name of a list.
std::string shortened(const std::vector<Error> &findings)
{
    std::istringstream lines(to_lines(findings));
    std::string all;
    for (std::string line; std::getline(lines, line);)
        all += replaced(line, "/ietf-lmap-control:lmap/", "") + '\n';
    return all;
}

Said said_of(const std::string &members)
{
    const auto reading = read_instruction(lmap(members));
    return {shortened(reading.errors), shortened(reading.warnings)};
}

// A good instruction around one event and what a schedule of it has besides.
Said check_schedule(const std::string &event, const std::string &schedule)
{
    return said_of(R"("tasks": {"task": [{"name": "t", "program": "t"}, {"name": "r", "program": "report",
            "option": [{"id": "c", "name": "collector", "value": "https://c:1"}]}]},
        "events": {"event": [{"name": "e", )" +
                   event + R"(}, {"name": "other", "startup": [null]}]},
        "schedules": {"schedule": [{"name": "s", "start": "e", )" +
                   schedule + R"("action": [{"name": "a", "task": "t", "destination": ["r"]}]},
            {"name": "r", "start": "other", "action": [{"name": "r", "task": "r"}]}]})");
}

Said check_event(const std::string &event)
{
    return check_schedule(event, "");
}

std::string calendar(const std::string &month, const std::string &day, const std::string &rest = "",
                     const std::string &hour = "4")
{
    return R"("calendar": {"month": [)" + month + R"(], "day-of-month": [)" + day +
           R"(], "day-of-week": ["*"], "hour": [)" + hour + R"(], "minute": [5], "second": [0])" + rest + "}";
}

} // namespace

TEST_CASE("an event that would never fire is refused")
{
    CHECK(check_event(R"("periodic": {"interval": 1, "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"})")
              .errors == "events/event[name='e']/periodic/end: is not after the start (it would never fire)\n");
    CHECK(check_event(R"("periodic": {"interval": 1, "start": "2026-01-02T00:00:00Z", "end": "2026-01-02T00:00:00Z"})")
              .errors == "events/event[name='e']/periodic/end: is not after the start (it would never fire)\n");
    CHECK(check_event(calendar("\"february\"", "31")).errors ==
          "events/event[name='e']/calendar/day-of-month: none of the months has such a day (it would never fire)\n");
    CHECK(check_event(calendar(R"("february", "april", "june")", "31")).errors != "");
    CHECK(check_event(calendar(R"("february", "july")", "30, 31")).errors == "");
    CHECK(check_event(calendar("\"february\"", "29")).errors == "");
    CHECK(check_event(calendar("\"february\"", "\"*\"")).errors == "");
    CHECK(check_event(calendar("\"*\"", "1", R"(, "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z")"))
              .errors == "events/event[name='e']/calendar/end: is not after the start (it would never fire)\n");
}

TEST_CASE("a calendar event has to fire between its start and its end")
{
    const auto window = [](const std::string &start, const std::string &end, const std::string &zone = "Z") {
        return ", \"start\": \"" + start + "\", \"end\": \"" + end + "\"" +
               (zone.empty() ? "" : ", \"timezone-offset\": \"" + zone + "\"");
    };
    const std::string never =
        "events/event[name='e']/calendar: has no such time between its start and its end (it would never fire)\n";
    // 2026 has no 29 February, and 04:05:00 is the time of the day.
    CHECK(check_event(calendar("\"february\"", "29", window("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"))).errors ==
          never);
    CHECK(check_event(calendar("\"february\"", "29", window("2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"))).errors ==
          "");
    CHECK(check_event(calendar("\"*\"", "\"*\"", window("2026-01-01T04:05:01Z", "2026-01-02T04:05:00Z"))).errors ==
          never);
    CHECK(check_event(calendar("\"*\"", "\"*\"", window("2026-01-01T04:05:00Z", "2026-01-01T04:05:01Z"))).errors == "");
    CHECK(check_event(calendar("\"*\"", "\"*\"", window("2026-01-01T04:04:59.5Z", "2026-01-01T04:05:00Z"))).errors ==
          never);
    CHECK(check_event(calendar("\"*\"", "\"*\"", window("2026-01-01T02:04:00Z", "2026-01-01T02:06:00Z", "+02:00")))
              .errors == "");
    CHECK(check_event(calendar("\"*\"", "\"*\"", window("2026-01-01T02:04:00Z", "2026-01-01T02:06:00Z", "+03:00")))
              .errors == never);
    // Somewhere it is that time.
    CHECK(check_event(calendar("\"*\"", "\"*\"", window("2026-01-01T02:04:00Z", "2026-01-01T02:06:00Z", ""))).errors ==
          "");
    CHECK(
        check_event(calendar("\"july\"", "\"*\"", window("2026-01-01T02:04:00Z", "2026-02-01T02:06:00Z", ""))).errors ==
        never);
}

TEST_CASE("whether a calendar event fires in its window agrees with a look at every second")
{
    using namespace std::chrono;
    std::mt19937_64 random(std::random_device{}());
    int fired = 0;
    for (int round = 0; round < 150; ++round) {
        const auto field = [&](unsigned least, unsigned most) {
            CalendarField one;
            one.every = random() % 3 == 0;
            for (unsigned n = 0; n < 2; ++n)
                one.values |= std::uint64_t{1} << (least + random() % (most - least + 1));
            return one;
        };
        Calendar calendar{field(1, 12), field(1, 31), field(1, 7), field(0, 23), field(0, 59), field(0, 59),
                          {},           {},           {}};
        const auto offset = minutes(static_cast<int>(random() % 2879) - 1439);
        calendar.timezone_offset = offset;
        calendar.start = WallTime(seconds(random() % 4'000'000'000) + milliseconds(random() % 2 * 500));
        calendar.end = *calendar.start + seconds(1 + random() % (random() % 2 == 0 ? 7'200 : 40'000));
        bool fires = false;
        sys_days day{};
        bool on_day = false;
        for (sys_seconds at = ceil<seconds>(*calendar.start); at < *calendar.end && !fires; at += seconds(1)) {
            const sys_seconds local = at + offset;
            if (floor<days>(local) != day) {
                day = floor<days>(local);
                const year_month_day date(day);
                on_day = calendar.month.holds(unsigned(date.month())) &&
                         calendar.day_of_month.holds(unsigned(date.day())) &&
                         calendar.day_of_week.holds(weekday(day).iso_encoding());
            }
            const auto time = static_cast<unsigned>((local - day).count());
            fires = on_day && calendar.hour.holds(time / 3600) && calendar.minute.holds(time / 60 % 60) &&
                    calendar.second.holds(time % 60);
        }
        INFO("round " << round);
        REQUIRE(check::fires_in_window(calendar) == fires);
        fired += fires ? 1 : 0;
    }
    CHECK(fired > 0);
}

TEST_CASE("each weekday comes on each date within the Gregorian cycle, so that no weekday makes an event impossible")
{
    using namespace std::chrono;
    bool seen[13][32][8] = {};
    const sys_days first = sys_days(year(2000) / 1 / 1);
    for (sys_days day = first; day < sys_days(year(2400) / 1 / 1); day += days(1)) {
        const year_month_day date(day);
        seen[unsigned(date.month())][unsigned(date.day())][weekday(day).iso_encoding()] = true;
    }
    for (unsigned month = 1; month <= 12; ++month)
        for (unsigned day = 1; (year(2000) / month / day).ok(); ++day)
            for (unsigned weekday = 1; weekday <= 7; ++weekday)
                REQUIRE(seen[month][day][weekday]);
}

TEST_CASE("a wildcard beside other values is probably not meant")
{
    CHECK(check_event(calendar(R"("*", "may")", "1")).warnings ==
          "events/event[name='e']/calendar/month: \"*\" makes the other values needless (leave them out, or leave "
          "\"*\" out)\n");
}

TEST_CASE("a spread or a duration longer than the time between two triggers is a warning [A5]")
{
    CHECK(check_event(R"("random-spread": 61, "periodic": {"interval": 60})").warnings ==
          "events/event[name='e']/random-spread: is longer than the 60 s between two triggers (two runs may be due at "
          "once, and of those that overlap the later one is not run)\n");
    CHECK(check_event(R"("random-spread": 60, "periodic": {"interval": 60})").warnings == "");
    CHECK(check_event("\"random-spread\": 3601, " + calendar("\"*\"", "\"*\"", "", "4, 5, 9"))
              .warnings.find("the 3600 s between") != std::string::npos);
    CHECK(check_event("\"random-spread\": 3600, " + calendar("\"*\"", "\"*\"", "", "4, 5, 9")).warnings == "");
    CHECK(check_event("\"random-spread\": 86401, " + calendar("\"*\"", "\"*\"")).warnings.find("the 86400 s between") !=
          std::string::npos);
    // From one first of a month to the next there are more days than one can say without looking.
    CHECK(check_event("\"random-spread\": 86401, " + calendar("\"*\"", "1")).warnings == "");
    CHECK(check_schedule(R"("periodic": {"interval": 60})", R"("duration": 61, )").warnings ==
          "schedules/schedule[name='s']/duration: is longer than the 60 s between two triggers (a run that takes so "
          "long overlaps the next one, which is then not run)\n");
    CHECK(check_schedule(R"("periodic": {"interval": 60})", R"("duration": 60, )").warnings == "");
    CHECK(check_schedule(R"("startup": [null])", R"("duration": 60, )").warnings == "");
}

TEST_CASE("a duration of 0 would end every run where it begins")
{
    CHECK(check_schedule(R"("startup": [null])", R"("duration": 0, )").errors ==
          "schedules/schedule[name='s']/duration: ends every run where it begins (at least 1, or leave it out)\n");
}

TEST_CASE("the end of a schedule is the name of another event [A5]")
{
    CHECK(check_schedule(R"("startup": [null])", R"("end": "othre", )").errors ==
          "schedules/schedule[name='s']/end: no event named 'othre' (did you mean 'other'? events here: e, other)\n");
    CHECK(check_schedule(R"("startup": [null])", R"("end": "e", )").warnings ==
          "schedules/schedule[name='s']/end: is the event that starts it too (it would end where it begins)\n");
    CHECK(check_schedule(R"("startup": [null])", R"("end": "other", )").warnings == "");
}

TEST_CASE("an end and a duration exclude each other, and a schedule needs neither")
{
    CHECK(check_schedule(R"("startup": [null])", R"("end": "other", "duration": 5, )").errors ==
          "schedules/schedule[name='s']/duration: excludes 'end' (both are of the choice end)\n");
    CHECK(check_schedule(R"("startup": [null])", "").errors == "");
}

TEST_CASE("cycles that hold different numbers of runs, or that nothing has, are a warning [C4]")
{
    const auto cycle = [](const std::string &interval, const std::string &cycle) {
        return check_event("\"cycle-interval\": " + cycle + ", \"periodic\": {\"interval\": " + interval + "}")
            .warnings;
    };
    CHECK(cycle("60", "90") == "events/event[name='e']/cycle-interval: is no multiple of the interval of 60 s (cycles "
                               "then hold different numbers of runs)\n");
    CHECK(cycle("60", "120") == "");
    CHECK(cycle("60", "60") == "");
    CHECK(cycle("60", "7") == "");
    CHECK(said_of(R"("events": {"event": [{"name": "e", "cycle-interval": 60, "startup": [null]}]})").warnings ==
          "events/event[name='e']/cycle-interval: has no effect (the event starts no schedule whose results could have "
          "a cycle number)\n");
}

TEST_CASE("controller-lost and its timeout need each other [A12]")
{
    CHECK(check_event(R"("controller-lost": [null])").warnings ==
          "events/event[name='e']/controller-lost: never fires (there is no controller-timeout after which the "
          "Controller counts as lost)\n");
    CHECK(check_event(R"("controller-connected": [null])").warnings.find("controller-connected: never fires") !=
          std::string::npos);
    const auto with_timeout = [](const std::string &seconds) {
        return said_of(R"("agent": {"controller-timeout": )" + seconds +
                       R"(}, "events": {"event": [{"name": "e", "controller-connected": [null]}]})")
            .warnings;
    };
    CHECK(with_timeout("60") == "");
    CHECK(with_timeout("3") == "");
    CHECK(with_timeout("2") == "agent/controller-timeout: counts as 3 s, as any shorter one does (an agent asks its "
                               "Controller once a second at most)\n");
}

namespace {

Said check_suppression(const std::string &suppression)
{
    return said_of(R"("events": {"event": [{"name": "night", "startup": [null]}, {"name": "day", "startup": [null]}]},
        "tasks": {"task": [{"name": "t", "program": "t"}]},
        "schedules": {"schedule": [{"name": "s", "start": "day", "suppression-tag": ["measurement:ping"],
            "execution-mode": "pipelined",
            "action": [{"name": "a", "task": "t", "suppression-tag": ["own"]}, {"name": "r", "task": "t"}]}]},
        "suppressions": {"suppression": [{"name": "x", )" +
                   suppression + "}]}");
}

// What becomes of that schedule's results is not the point here.
std::string suppression_warnings(const std::string &suppression)
{
    std::istringstream lines(check_suppression(suppression).warnings);
    std::string all;
    for (std::string line; std::getline(lines, line);)
        if (line.find("its results") == std::string::npos)
            all += line + '\n';
    return all;
}

} // namespace

TEST_CASE("a suppression's events are events, and its patterns match something [A6]")
{
    CHECK(check_suppression(R"("start": "nihgt", "match": ["*"])").errors ==
          "suppressions/suppression[name='x']/start: no event named 'nihgt' (did you mean 'night'? events here: night, "
          "day)\n");
    CHECK(check_suppression(R"("end": "dawn", "match": ["*"])").errors.find("/end: no event named 'dawn'") !=
          std::string::npos);
    CHECK(suppression_warnings(R"("start": "night", "end": "day", "match": ["*"])") == "");
    CHECK(suppression_warnings(R"("match": ["measurement:*", "own"])") == "");
    CHECK(suppression_warnings(R"("start": "night")") ==
          "suppressions/suppression[name='x']: suppresses nothing (it has no match; \"*\" matches every "
          "suppression-tag)\n");
    CHECK(suppression_warnings(R"("match": ["measurement:?", "own"])") ==
          "suppressions/suppression[name='x']/match: 'measurement:?' matches nothing here "
          "(suppression-tags here: measurement:ping, own)\n");
    CHECK(suppression_warnings(R"("start": "day", "end": "day", "match": ["own"])") ==
          "suppressions/suppression[name='x']/end: is the event that starts it too (it would end where it begins)\n");
}

TEST_CASE("results that would go round in a circle are refused with the way that they take")
{
    const auto to = [](const std::string &name, const std::string &destination) {
        return R"({"name": ")" + name + R"(", "start": "e", "action": [{"name": "a", "task": "t", "destination": [")" +
               destination + R"("]}]})";
    };
    const Said said = said_of(R"("events": {"event": [{"name": "e", "startup": [null]}]},
        "tasks": {"task": [{"name": "t", "program": "t"}]}, "schedules": {"schedule": [)" +
                              to("x", "a") + "," + to("a", "b") + "," + to("b", "c") + "," + to("c", "a") + "," +
                              to("self", "self") + "]}");
    CHECK(said.errors ==
          "schedules/schedule[name='c']/action[name='a']/destination: sends results round in a circle (a -> b -> c -> "
          "a)\n"
          "schedules/schedule[name='self']/action[name='a']/destination: sends results round in a circle (self -> "
          "self)\n");
}

TEST_CASE("a task's interface or family is said once, and a report has neither, nor tables")
{
    const auto said = [](const std::string &task, const std::string &action) {
        return said_of(R"("events": {"event": [{"name": "e", "startup": [null]}]}, "tasks": {"task": [{"name": "t", )" +
                       task +
                       R"(}]}, "schedules": {"schedule": [{"name": "s", "start": "e", "execution-mode": "sequential",
            "action": [{"name": "a", "task": "t")" +
                       action + "}]}]}")
            .errors;
    };
    const std::string ping = R"("program": "ping", "sonde-lmap:interface": "eth0", "sonde-lmap:family": "ipv6")";
    CHECK(said(ping, R"(, "sonde-lmap:report-table": ["summary"])") == "");
    CHECK(said(ping + R"(, "option": [{"id": "f", "name": "family", "value": "4"}])", "") ==
          "tasks/task[name='t']/option[id='f']: says the same as sonde-lmap:family (leave one of them out)\n");
    CHECK(said(R"("program": "ping", "sonde-lmap:family": "ipv5")", "") ==
          "tasks/task[name='t']/sonde-lmap:family: there is no IP version 'ipv5' (did you mean 'ipv4'? IP versions "
          "here: ipv4, "
          "ipv6)\n");
    CHECK(said(R"("program": "report", "sonde-lmap:interface": "eth0",
                  "option": [{"id": "c", "name": "collector", "value": "https://c:1"}])",
               R"(, "sonde-lmap:report-table": ["summary"])") ==
          "tasks/task[name='t']/sonde-lmap:interface: a report measures nothing (leave it out)\n"
          "schedules/schedule[name='s']/action[name='a']/sonde-lmap:report-table: a report has no results of its own "
          "(leave it out)\n");
}

// "Data passed to a sequential or pipelined Schedule is received by the Schedule's first Action."
// "Data passed to a parallel Schedule is received by all Actions of the Schedule."
TEST_CASE("results may go to any schedule, and where it does not report them it is said who takes them [A5]")
{
    const auto said = [](const std::string &mode, const std::string &actions) {
        return said_of(R"("events": {"event": [{"name": "e", "startup": [null]}]}, "tasks": {"task": [
            {"name": "t", "program": "t"}, {"name": "r", "program": "report",
             "option": [{"id": "c", "name": "collector", "value": "https://c:1"}]}]}, "schedules": {"schedule": [
            {"name": "s", "start": "e", "action": [{"name": "a", "task": "t", "destination": ["p"]}]},
            {"name": "r", "start": "e", "action": [{"name": "r", "task": "r"}]},
            {"name": "p", "start": "e", "execution-mode": ")" +
                       mode + R"(", "action": [)" + actions + "]}]}");
    };
    const std::string reports = R"({"name": "a", "task": "r"})";
    const std::string measures = R"({"name": "b", "task": "t", "destination": ["r"]})";
    const auto takes = [](const std::string &action) {
        return "schedules/schedule[name='s']/action[name='a']/destination: passes its results to action '" + action +
               "' of schedule 'p', which does not report them (they are the input of its method, which has to take "
               "input)\n";
    };
    for (const char *mode : {"sequential", "parallel"}) {
        CHECK(said(mode, reports).warnings == "");
        CHECK(said(mode, measures).warnings == takes("b"));
        CHECK(said(mode, measures).errors == "");
    }
    CHECK(said("parallel", reports + ", " + measures).warnings == takes("b"));
    CHECK(said("sequential", reports + ", " + measures).warnings == "");
    const Said nobody = said("sequential", "");
    CHECK(nobody.errors == "");
    CHECK(nobody.warnings.find("/destination: loses its results: schedule 'p' has no action (name one that reports "
                               "them or takes them as its input)\n") != std::string::npos);
}

TEST_CASE("an action that loses its results is a warning, but not where a pipeline passes them on")
{
    const auto two = [](const std::string &mode) {
        return said_of(R"("events": {"event": [{"name": "e", "startup": [null]}]},
            "tasks": {"task": [{"name": "t", "program": "t"}]}, "schedules": {"schedule": [{"name": "s", "start": "e",
            "execution-mode": ")" +
                       mode + R"(", "action": [{"name": "a", "task": "t"}, {"name": "b", "task": "t"}]}]})")
            .warnings;
    };
    const std::string lost = "']: discards its results (it has no destination, the name of a schedule that reports)\n";
    const std::string action = "schedules/schedule[name='s']/action[name='";
    CHECK(two("sequential") == action + "a" + lost + action + "b" + lost);
    CHECK(two("parallel") == action + "a" + lost + action + "b" + lost);
    CHECK(two("pipelined") ==
          action +
              "a']: passes its results to action 'b' alone, by a pipeline (where the method of that "
              "one takes no input they are lost; a destination is the name of a schedule that "
              "reports)\n" +
              action + "b" + lost);
}
