#include "schedule/world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

// Clocks that are wrong for long, or not set at all.
using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

TEST_CASE("a clock set back by more than a day does not silence a schedule whose period is a day or longer [A5]")
{
    for (const auto period : {24h, 48h, 7 * 24h, 30 * 24h}) {
        for (const auto ahead : {25h, 3 * 24h, 40 * 24h}) {
            INFO("period " << period.count() << " h, ahead " << ahead.count() << " h");
            World world(kMonday + 1h);
            world.start(instruction({periodic("e", period)}, {schedule_of("s", "e")}));
            world.run_for(1h);
            world.set_clock(ahead);
            world.run_for(1h);
            world.set_clock(-ahead);
            CHECK(world.engine->pending().size() == 1);
            CHECK(world.open_intents() == 1);
            const std::size_t before = world.started.size();
            // It waits for no longer than a day until what it has planned has passed, and then for its next trigger.
            world.run_for(24h + period + 1h);
            CHECK(world.started.size() >= before + 1);
            std::set<WallTime> events;
            for (const Started &started : world.started)
                CHECK(events.insert(started.intent.event).second);
        }
    }
}

TEST_CASE("a machine that boots before 2020 judges suppressions and ends by the clock once that is set [A5] [A13]")
{
    auto lasting = schedule_of("b", "boot");
    lasting.end = "hourly";
    auto quiet = schedule_of("q", "every");
    quiet.suppression_tags = {"quiet"};
    const auto asked = instruction({event("boot", model::Startup{}), periodic("hourly", 3600s),
                                    periodic("every", 600s, 0s, kMonday + 5min), event("from", model::OneOff{kMonday}),
                                    event("to", model::OneOff{kMonday + 2h})},
                                   {lasting, quiet}, {suppression("m", "from", "to")});
    World world(WallTime(5min));
    world.duration = [] { return 10h; };
    world.start(asked);
    // No time of such a clock is that of an event, also not the hour.
    world.run_for(2h);
    CHECK(world.stopped.empty());
    CHECK(world.engine->pending().empty());
    CHECK_FALSE(world.engine->state().suppressions.at(0).active);
    REQUIRE(world.engine->next_wakeup().wall);
    CHECK(*world.engine->next_wakeup().wall > world.now.wall);

    world.duration = [] { return 0s; };
    world.set_clock(kMonday + 30min - world.now.wall);
    CHECK(world.engine->state().suppressions.at(0).active);
    world.run_for(90min - 1s); // to 2:00
    CHECK(world.count("q", OutcomeWord::suppressed) == 9);
    CHECK(world.count("q", OutcomeWord::missed) == 0);
    world.run_for(1h);
    CHECK_FALSE(world.engine->state().suppressions.at(0).active);
    CHECK(world.count("q", OutcomeWord::completed) == 6);
    // The run that had begun before knows no end; the next ones do.
    CHECK(world.stopped.empty());

    world.crash(1min);
    world.now.wall = WallTime(1min); // no battery
    world.start(asked);
    CHECK_FALSE(world.engine->state().suppressions.at(0).active);
    world.set_clock(kMonday + 4h - world.now.wall);
    CHECK_FALSE(world.engine->state().suppressions.at(0).active); // its end was before the machine went off
    world.run_for(1h);
    CHECK(world.count("q", OutcomeWord::suppressed) == 9);
}

TEST_CASE("a clock that is slewed runs each trigger once, at its time by that clock [A5]")
{
    for (const double rate : {0.9995, 1.0005, 0.9, 1.1}) { // NTP's slew, and the fastest that chrony has
        INFO("rate " << rate);
        World world(kMonday);
        world.start(instruction({periodic("e", 60s, 20s), periodic("noon", 86'400s, 0s, kMonday + 12h),
                                 event("now", model::Immediate{}, 3600s)},
                                {schedule_of("s", "e"), schedule_of("d", "noon"), schedule_of("i", "now")}));
        for (int time = 0; time < 4; ++time) {
            world.wall_rate = time % 2 == 0 ? 1 : rate;
            world.run_for(6h);
        }
        world.run_for(20s);
        std::map<std::string, std::vector<WallTime>> events;
        for (const Started &started : world.started) {
            events[started.intent.schedule].push_back(started.intent.event);
            if (started.intent.schedule == "i")
                CHECK(started.monotonic == started.due);
            else
                CHECK((started.at >= started.intent.due() && started.at <= started.intent.due() + 2ns));
        }
        CHECK(events["i"].size() == 1);
        CHECK(events["d"].size() == 1);
        CHECK(static_cast<double>(events["s"].size()) == Approx(12 * 60 * (1 + rate)).margin(2));
        for (std::size_t i = 0; i < events["s"].size(); ++i)
            CHECK(events["s"][i] == kMonday + i * 60s);
        CHECK(world.count() == world.started.size());
        CHECK(world.count() == world.count("", OutcomeWord::completed));
        // Nothing was planned twice or for nothing: the next of each is all that is open.
        CHECK(world.planned == world.started.size() + world.open_intents());
    }
}

TEST_CASE("a machine that sleeps misses what passed meanwhile, each once, and goes on with the next trigger [A5] [A13]")
{
    World world(kMonday);
    std::chrono::nanoseconds lasts = 0s;
    world.duration = [&lasts] { return lasts; };
    world.start(instruction({periodic("e", 600s), event("once", model::OneOff{kMonday + 1h + 10s}),
                             event("later", model::Immediate{}, 7200s)},
                            {schedule_of("s", "e"), schedule_of("long", "once"), schedule_of("i", "later")}));
    REQUIRE(world.engine->pending().size() == 3);
    world.run_for(1h + 5s);
    lasts = 10min;
    world.run_for(25s);
    lasts = 0s;
    REQUIRE(world.engine->running().size() == 1);
    const std::size_t before = world.count("s");
    CHECK(before == 7);

    // The monotonic clock stands still while the machine sleeps.
    world.set_clock(8h);
    CHECK(world.count("s", OutcomeWord::missed) == 48);
    world.run_for(9min + 31s); // 9:10
    REQUIRE(world.started.back().intent.schedule == "s");
    CHECK(world.started.back().intent.event == kMonday + 9h + 10min);
    CHECK(world.started.back().at == kMonday + 9h + 10min);
    CHECK(world.count("s") == before + 48 + 1);
    // What ran goes on, and ends when it has lasted.
    CHECK(world.stopped.empty());
    world.run_for(1min);
    CHECK(world.count("long", OutcomeWord::completed) == 1);
    CHECK(world.count("long") == 1);

    // A nap of which a trigger is late by less than ten seconds.
    world.run_for(8min + 56s); // 9:19:57
    world.set_clock(8s);
    REQUIRE(world.started.back().intent.event == kMonday + 9h + 20min);
    CHECK(world.started.back().at == kMonday + 9h + 20min + 5s);
    CHECK(world.count("s", OutcomeWord::missed) == 48);

    // An immediate one's spread is waited for awake.
    world.run_for(2h);
    const auto spread = std::find_if(world.started.begin(), world.started.end(),
                                     [](const Started &started) { return started.intent.schedule == "i"; });
    REQUIRE(spread != world.started.end());
    CHECK(spread->monotonic == spread->due);
    CHECK(world.count("i") == 1);
    std::set<std::pair<std::string, WallTime>> fired;
    for (const Started &started : world.started)
        CHECK(fired.emplace(started.intent.schedule, started.intent.event).second);
}
