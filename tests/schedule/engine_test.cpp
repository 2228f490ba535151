#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

TEST_CASE("a periodic schedule starts at each trigger and every run is accounted for [A5] [A13]")
{
    World world;
    world.start(instruction({periodic("e", 60s)}, {schedule_of("s", "e", 2)}));
    world.run_for(10min - 1ns);
    REQUIRE(world.started.size() == 20);
    for (std::size_t i = 0; i < 20; ++i) {
        CHECK(world.started[i].at == kMonday + (i / 2) * 60s);
        CHECK(world.started[i].action == i % 2);
        CHECK(world.started[i].intent.actions == std::vector<std::string>{"a", "b"});
    }
    CHECK(world.count("s", OutcomeWord::completed) == 20);
    CHECK(world.engine->pending().size() == 1); // planned ahead
    CHECK(world.engine->pending()[0].event == kMonday + 600s);
    CHECK(world.open_intents() == 1);
}

TEST_CASE("each run of an action has an identity of its own [A13]")
{
    World world;
    world.start(instruction({periodic("e", 60s)}, {schedule_of("s", "e", 2)}));
    world.run_for(1h);
    std::set<Uuid> runs;
    for (const model::Outcome &outcome : world.outcomes)
        CHECK(runs.insert(outcome.run).second);
}

// "An Action triggered by an event therefore should not rely on the accuracy provided by the scheduler implementation."
TEST_CASE("nothing starts before its intent is durable, and what became durable late starts late [A13]")
{
    World world;
    world.commit_time = 25s;
    world.start(instruction({event("now", model::Immediate{}), periodic("e", 60s, 0s, kMonday + 10s)},
                            {schedule_of("i", "now"), schedule_of("p", "e")}));
    world.run_for(24s);
    CHECK(world.started.empty());
    world.run_for(2s);
    REQUIRE(world.started.size() == 2);
    for (const Started &started : world.started) {
        CHECK(started.at == kMonday + 25s);
        CHECK(started.monotonic - started.due == (started.intent.schedule == "i" ? 25s : 15s));
    }
    CHECK(world.count("", OutcomeWord::missed) == 0);
}

TEST_CASE("the engine wakes exactly when something is to be done, and never else [A5]")
{
    World world;
    world.start(instruction({periodic("e", 3600s, 0s, kMonday + 5min)}, {schedule_of("s", "e")}));
    CHECK(world.engine->next_wakeup().wall == kMonday + 5min);
    CHECK_FALSE(world.engine->next_wakeup().monotonic);
    world.run_for(24h);
    CHECK(world.started.size() == 24);
    CHECK(world.wakeups <= 2 * 24); // a trigger, an end
}

TEST_CASE("what is due soon is told, and when there is more [A5]")
{
    World world;
    world.start(instruction({periodic("e", 60s, 0s, kMonday + 10s), event("now", model::Immediate{})},
                            {schedule_of("s", "e"), schedule_of("i", "now")}));
    world.run_for(5s);
    Ahead ahead = world.engine->ahead(2s, world.now);
    CHECK(ahead.dues.empty());
    CHECK(ahead.next.wall == kMonday + 8s);
    CHECK_FALSE(ahead.next.monotonic);
    world.run_for(3s);
    ahead = world.engine->ahead(2s, world.now);
    REQUIRE(ahead.dues.size() == 1);
    CHECK(ahead.dues[0].work->schedule.name == "s");
    CHECK(ahead.dues[0].intent == world.engine->pending()[0].id);
    CHECK_FALSE(ahead.next.wall);
    world.run_for(2s);
    CHECK(world.engine->ahead(2s, world.now).dues.empty());
    CHECK(world.engine->ahead(2s, world.now).next.wall == kMonday + 68s);
}

TEST_CASE("an engine without schedules never wakes [A5]")
{
    World world;
    world.start(instruction({periodic("unused", 1s)}, {}));
    CHECK_FALSE(world.engine->next_wakeup().wall);
    CHECK_FALSE(world.engine->next_wakeup().monotonic);
    world.run_for(24h);
    CHECK(world.planned == 0);
}

TEST_CASE("triggers do not drift, however late the engine is asked [A5]")
{
    World world;
    world.start(instruction({periodic("e", 10s)}, {schedule_of("s", "e")}));
    for (int i = 0; i < 1000; ++i) {
        world.run_for(9s);
        world.stand_still(4s);
        world.advance();
    }
    for (const Started &started : world.started) {
        CHECK((started.intent.event - kMonday) % 10s == 0s);
        CHECK(started.at - started.intent.event <= 4s);
    }
    CHECK(world.started.size() == 1301);
}

TEST_CASE("every trigger draws a spread of its own within its bound [A5]")
{
    World world;
    world.start(instruction({periodic("e", 3600s, 180s)}, {schedule_of("s", "e")}));
    world.run_for(30 * 24h);
    REQUIRE(world.started.size() == 30 * 24);
    std::set<std::chrono::nanoseconds> spreads;
    for (const Started &started : world.started) {
        CHECK(started.at == started.intent.due());
        CHECK(started.intent.spread <= 180s);
        spreads.insert(started.intent.spread);
    }
    CHECK(spreads.size() == 30 * 24);
}

TEST_CASE("a spread longer than the period keeps all invocations that wait [A5]")
{
    World world;
    world.start(instruction({periodic("e", 10s, 100s)}, {schedule_of("s", "e")}));
    world.run_for(55s);
    // Triggers at 0, ..., 50 and the one planned ahead.
    CHECK(world.engine->pending().size() + world.started.size() == 7);
    CHECK(world.engine->pending().size() > 2);
    world.run_for(10h - 55s);
    CHECK(world.count("s", OutcomeWord::completed) + world.engine->pending().size() == world.planned);
    CHECK(world.planned == 3602);
    bool out_of_order = false;
    for (std::size_t i = 1; i < world.started.size(); ++i)
        out_of_order |= world.started[i].intent.event < world.started[i - 1].intent.event;
    CHECK(out_of_order);
}

TEST_CASE("triggers while the schedule still runs are overlapped and accounted for as one range an action [A5] [A13]")
{
    World world;
    world.duration = [] { return 25s; };
    world.start(instruction({periodic("e", 10s)}, {schedule_of("s", "e", 2, model::ExecutionMode::parallel)}));
    world.run_for(26s);
    REQUIRE(world.count("s", OutcomeWord::overlapped) == 4);
    const model::Outcome &range = world.outcomes.back();
    CHECK(range.word == OutcomeWord::overlapped);
    CHECK(range.action == "b");
    CHECK(range.task == "b");
    CHECK(range.first_event == kMonday + 10s);
    CHECK(range.last_event == kMonday + 20s);
    CHECK(range.count == 2);
    CHECK(world.engine->running().empty());
    CHECK(world.engine->pending().size() == 1);
}

TEST_CASE("what a long run overlaps does not wait for its end: it is told every ten minutes, or hundred triggers [A13]")
{
    for (const auto &[interval, most] : {std::pair(1s, std::uint64_t{100}), std::pair(60s, std::uint64_t{10})}) {
        World world;
        world.duration = [] { return 1h - 500ms; };
        world.start(instruction({periodic("e", interval)}, {schedule_of("s", "e")}));
        world.run_for(31min);
        const auto triggers = [&](std::chrono::seconds time) { return static_cast<std::uint64_t>(time / interval); };
        CHECK(world.count("s", OutcomeWord::overlapped) >= triggers(31min) - most);
        CHECK(world.engine->pending().size() <= most + 1);
        world.run_for(30min);
        CHECK(world.count("s") == triggers(1h));
    }
}

TEST_CASE("a run that waits for nothing overlaps only its own schedule [A5]")
{
    World world;
    world.duration = [] { return 15s; };
    world.start(instruction({periodic("e", 10s)}, {schedule_of("s", "e"), schedule_of("t", "e")}));
    world.run_for(1s);
    CHECK(world.started.size() == 2);
    CHECK(world.engine->running().size() == 2);
    CHECK(world.started[0].intent.id != world.started[1].intent.id);
}

TEST_CASE("the actions of a sequential schedule follow one another, also after a failure [A5]")
{
    for (const auto mode : {model::ExecutionMode::sequential, model::ExecutionMode::pipelined}) {
        World world;
        world.duration = [] { return 2s; };
        world.start(instruction({event("e", model::Immediate{})}, {schedule_of("s", "e", 3, mode)}));
        world.run_for(10s);
        REQUIRE(world.started.size() == 3);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(world.started[i].action == i);
            CHECK(world.started[i].at == kMonday + i * 2s);
            CHECK(world.started[i].due == world.started[i].monotonic);
        }
        CHECK(world.open_intents() == 0);
    }
}

TEST_CASE("the actions of a parallel schedule start together [A5]")
{
    World world;
    world.duration = [&] { return std::chrono::seconds(1 + world.random() % 5); };
    world.start(
        instruction({event("e", model::Immediate{})}, {schedule_of("s", "e", 3, model::ExecutionMode::parallel)}));
    CHECK(world.started.size() == 3);
    world.run_for(10s);
    CHECK(world.count("s", OutcomeWord::completed) == 3);
    CHECK(world.open_intents() == 0);
}

TEST_CASE("what ends twice or was never started changes nothing [A13]")
{
    World world;
    world.duration = [] { return 5s; };
    world.start(instruction({event("e", model::Immediate{})}, {schedule_of("s", "e", 2)}));
    const Uuid id = world.started.at(0).intent.id;
    CHECK(world.engine->action_ended(id, 1, world.now).empty());
    CHECK(world.engine->action_ended(id, 99, world.now).empty());
    CHECK(world.engine->action_ended({}, 0, world.now).empty());
    CHECK(world.engine->planned({}, world.now).empty());
    world.run_for(20s);
    CHECK(world.count("s", OutcomeWord::completed) == 2);
}

TEST_CASE("a clock set forward misses what it passes over as one range [A5] [A13]")
{
    World world;
    world.start(instruction({periodic("e", 60s)}, {schedule_of("s", "e", 2)}));
    world.run_for(30s);
    world.set_clock(1h);
    CHECK(world.count("s", OutcomeWord::missed) == 2 * 60);
    REQUIRE(world.outcomes.size() == 2 + 2);
    const model::Outcome &range = world.outcomes.back();
    CHECK(range.action == "b");
    CHECK(range.first_event == kMonday + 60s);
    CHECK(range.last_event == kMonday + 3600s);
    CHECK(range.count == 60);
    CHECK(range.message == "the clock was set forward, or the machine slept, by 3600 s");
    CHECK(range.blame == model::Blame::platform);
    world.run_for(30s - 1ns);
    CHECK(world.count("s", OutcomeWord::completed) == 2);
    world.run_for(1s);
    CHECK(world.count("s", OutcomeWord::completed) == 4);
}

TEST_CASE("a trigger that a step passes over by less than 10 s starts late [A5]")
{
    World world;
    world.start(instruction({periodic("e", 3600s, 0s, kMonday + 60s)}, {schedule_of("s", "e")}));
    world.run_for(58s);
    world.set_clock(5s);
    REQUIRE(world.started.size() == 1);
    CHECK(world.started[0].at == kMonday + 63s);
    CHECK(world.started[0].monotonic - world.started[0].due == 3s);
    CHECK(world.count("s", OutcomeWord::missed) == 0);
}

TEST_CASE("a clock set back fires nothing twice [A5]")
{
    World world;
    world.start(instruction({periodic("e", 60s)}, {schedule_of("s", "e")}));
    world.run_for(1h);
    world.set_clock(-30min);
    world.run_for(3h);
    std::set<WallTime> events;
    for (const Started &started : world.started)
        CHECK(events.insert(started.intent.event).second);
    CHECK(events.size() == 61 + 150);
    CHECK(world.count("s", OutcomeWord::missed) == 0);
}

TEST_CASE("a clock that was a year ahead and is set right silences nothing for longer than a day [A5]")
{
    World world;
    world.start(instruction({periodic("e", 3600s, 600s)}, {schedule_of("s", "e")}));
    world.run_for(30min);
    world.set_clock(365 * 24h);
    world.run_for(2h);
    const std::size_t before = world.started.size();
    world.set_clock(-365 * 24h);
    world.run_for(24h);
    CHECK(world.started.size() == before + 24);
    CHECK(world.engine->pending().size() == world.open_intents());
    CHECK(world.engine->next_wakeup().wall <= world.now.wall + 1h);
}

TEST_CASE("immediate and startup runs wait for their spread on the monotonic clock [A5]")
{
    World world;
    world.start(instruction({event("boot", model::Startup{}, 60s), event("now", model::Immediate{}, 60s)},
                            {schedule_of("b", "boot"), schedule_of("n", "now")}));
    world.run_for(1ms);
    CHECK(world.started.empty());
    world.set_clock(24h); // the time server has answered
    CHECK(world.started.empty());
    world.run_for(60s);
    REQUIRE(world.started.size() == 2);
    for (const Started &started : world.started) {
        CHECK(started.due == started.monotonic);
        CHECK(started.monotonic == MonotonicTime(1000s) + started.intent.spread);
    }
}

TEST_CASE("a clock that has not been set since boot plans nothing until it is [A5] [A13]")
{
    World world(WallTime(5min));
    const auto hourly = instruction({periodic("e", 3600s), event("boot", model::Startup{})},
                                    {schedule_of("s", "e"), schedule_of("b", "boot")});
    world.start(hourly);
    world.run_for(10s);
    CHECK(world.started.size() == 1); // startup
    CHECK(world.engine->pending().empty());
    world.set_clock(kMonday + 30min - world.now.wall);
    world.run_for(45min);
    CHECK(world.started.size() == 2);
    CHECK(world.count("s", OutcomeWord::missed) == 0);

    world.crash();
    world.now.wall = WallTime(1min); // no battery
    world.start(hourly);
    world.run_for(10s);
    world.set_clock(kMonday + 10h + 1min - world.now.wall);
    CHECK(world.count("s", OutcomeWord::missed) == 9); // 2:00 to 10:00
    world.run_for(1h);
    CHECK(world.count("s") + 1 == world.planned - 2 + 8); // less the startup runs; 8 had no intent; 1 is planned ahead
}

TEST_CASE("a one-off event fires once at its time, and is missed if that has passed [A5] [A13]")
{
    World world;
    world.start(instruction({event("later", model::OneOff{kMonday + 1h}, 10s),
                             event("past", model::OneOff{kMonday - 1s}), event("now", model::OneOff{kMonday})},
                            {schedule_of("l", "later"), schedule_of("p", "past"), schedule_of("n", "now")}));
    CHECK(world.count("p", OutcomeWord::missed) == 1);
    CHECK(world.outcomes[0].message == "its time had passed when the instruction came into force");
    world.run_for(24h);
    CHECK(world.count("l", OutcomeWord::completed) == 1);
    CHECK(world.count("n", OutcomeWord::completed) == 1);
    CHECK(world.count() == 3);
    CHECK(world.open_intents() == 0);
    CHECK_FALSE(world.engine->next_wakeup().wall);
}

// "The optional cycle-interval defines the duration of the time interval in seconds that is used to calculate cycle
// numbers."
TEST_CASE("an intent carries the cycle number of its trigger before the spread [A9]")
{
    World world(kMonday + 1s);
    model::Event hourly = periodic("e", 3600s, 180s, kMonday + 5min);
    hourly.cycle_interval = 3600s;
    world.start(instruction({hourly}, {schedule_of("s", "e")}));
    CHECK(world.engine->pending().at(0).cycle_number == "20261123.000000");
}

TEST_CASE("a week of schedules is simulated in moments, and ten thousand schedules are no burden [A5]")
{
    World world;
    world.duration = [] { return 3s; };
    world.start(
        instruction({periodic("minute", 60s, 30s), periodic("hour", 3600s, 180s), periodic("day", 86400s, 3600s)},
                    {schedule_of("m", "minute"), schedule_of("h", "hour", 4), schedule_of("d", "day")}));
    world.run_for(7 * 24h - 1ns);
    CHECK(world.planned == 7 * (1440 + 24 + 1) + 3);

    World big;
    std::vector<model::Schedule> schedules;
    for (int i = 0; i < 10'000; ++i)
        schedules.push_back(schedule_of("s" + std::to_string(i), "e"));
    const auto all = instruction({periodic("e", 3600s, 3600s)}, std::move(schedules));
    big.start(all);
    big.run_for(3h - 1ns);
    big.replace(all);
    CHECK(big.planned == 40'000);
    big.replace({});
    CHECK(big.open_intents() == 0);
    CHECK(big.count() == 30'000);
}
