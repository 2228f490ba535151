#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

TEST_CASE("a calendar's schedule runs by local time over a year, and what daylight saving does is said beforehand [A5]")
{
    const auto daily = [](unsigned hour, unsigned minute) {
        model::Calendar calendar;
        calendar.month = calendar.day_of_month = calendar.day_of_week = {true, 0};
        calendar.hour.values = std::uint64_t{1} << hour;
        calendar.minute.values = std::uint64_t{1} << minute;
        calendar.second.values = 1;
        return calendar;
    };
    World world(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
    world.zone = Zone::named("Europe/London").value();
    world.start(instruction({event("night", daily(1, 30)), event("noon", daily(12, 0))},
                            {schedule_of("n", "night"), schedule_of("d", "noon")}));
    world.run_for(365 * 24h - 1s);
    CHECK(world.count("d", OutcomeWord::completed) == 365);
    CHECK(world.count("n", OutcomeWord::completed) == 365); // none on 29 March, two on 25 October
    CHECK(world.count("", OutcomeWord::missed) == 0);
    CHECK(world.remarks ==
          std::vector<std::string>{"local time in Europe/London jumps at 2026-03-29T01:00:00Z: 1 time of event 'night' "
                                   "skipped, nothing triggers then",
                                   "local time in Europe/London jumps at 2026-10-25T01:00:00Z: 1 time of event 'night' "
                                   "repeated, each triggers twice"});
    for (const Started &started : world.started) {
        const auto day = std::chrono::floor<std::chrono::days>(started.at);
        const bool summer = started.at >= std::chrono::sys_days{std::chrono::year{2026} / 3 / 29} + 1h &&
                            started.at < std::chrono::sys_days{std::chrono::year{2026} / 10 / 25} + 1h;
        const auto local = started.at - day + (summer ? 1h : 0h);
        CHECK(local == (started.intent.schedule == "n" ? 90min : 720min));
    }
}

TEST_CASE("a calendar skips no day where the clock is set or the agent was down, and fires none twice [A5] [A13]")
{
    model::Calendar often;
    often.month = often.day_of_month = often.day_of_week = often.hour = {true, 0};
    often.minute.values = std::uint64_t{1} << 7 | std::uint64_t{1} << 37;
    often.second.values = std::uint64_t{1} << 13;
    const auto same = instruction({event("e", often, 300s)}, {schedule_of("s", "e")});
    World world;
    world.start(same);
    WallTime highest = world.now.wall;
    for (int i = 0; i < 200; ++i) {
        const auto random = std::chrono::seconds(world.random() % 40000);
        switch (i % 4) {
        case 0:
            world.set_clock(random);
            break;
        case 1:
            world.set_clock(-random);
            break;
        case 2:
            world.crash(random);
            world.start(same);
            break;
        default:
            world.run_for(random * 4);
        }
        highest = std::max(highest, world.now.wall);
    }
    world.run_for(24h);
    std::set<WallTime> events;
    for (const Started &started : world.started)
        CHECK(events.insert(started.intent.event).second);
    const auto planned = Timing(same.events[0], {}).between(kMonday, world.now.wall + 1ns)->count;
    CHECK(world.now.wall > highest);
    std::uint64_t ahead = 0;
    std::uint64_t waiting = 0;
    for (const model::Intent &intent : world.engine->pending())
        ++(intent.event > world.now.wall ? ahead : waiting);
    CHECK(ahead == 1);
    CHECK(world.count("s") + waiting == planned);
    CHECK(world.count("s", OutcomeWord::completed) > planned / 2);
}
