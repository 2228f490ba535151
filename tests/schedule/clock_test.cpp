#include "schedule/world.hpp"
#include "support/catch.hpp"

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
