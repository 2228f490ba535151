#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

model::Schedule lasting(std::chrono::seconds duration, std::size_t actions = 1,
                        model::ExecutionMode mode = model::ExecutionMode::sequential)
{
    model::Schedule schedule = schedule_of("s", "every", actions, mode);
    schedule.duration = duration;
    return schedule;
}

model::Schedule ending(const std::string &end, std::size_t actions = 1)
{
    model::Schedule schedule = schedule_of("s", "every", actions);
    schedule.end = end;
    return schedule;
}

} // namespace

// "The duration controlling the graceful forced termination of the scheduled Actions."
TEST_CASE("'The duration controlling the graceful forced termination of the scheduled Actions' [A5] [A13]")
{
    World world;
    world.duration = [] { return 40s; };
    world.start(instruction({periodic("every", 300s)}, {lasting(60s, 3)}));
    world.run_for(60s - 1ns);
    CHECK(world.stopped.empty());
    world.run_for(1ns);
    REQUIRE(world.stopped.size() == 1);
    CHECK(world.stopped[0].reason == "its duration of 60 s was over");
    CHECK(world.count("s", OutcomeWord::completed) == 1);
    CHECK(world.count("s", OutcomeWord::interrupted) == 2);
    CHECK(world.outcomes.back().message == "its duration of 60 s was over before it was this action's turn");
    CHECK(world.engine->running().empty());
    world.run_for(300s);
    CHECK(world.count("s") == 6);
}

TEST_CASE("a duration runs on the monotonic clock, and one that is longer than the run does nothing [A5]")
{
    World world;
    world.duration = [] { return 40s; };
    world.start(instruction({periodic("every", 300s)}, {lasting(60s, 2)}));
    world.run_for(10s);
    world.set_clock(1h);
    world.set_clock(-2h);
    world.run_for(49s);
    CHECK(world.stopped.empty());
    world.run_for(1s);
    CHECK(world.stopped.size() == 1);

    World shorter;
    shorter.duration = [] { return 10s; };
    shorter.start(instruction({periodic("every", 300s)}, {lasting(60s, 2)}));
    shorter.run_for(1h - 1s);
    CHECK(shorter.stopped.empty());
    CHECK_FALSE(shorter.engine->next_wakeup().monotonic);
}

// "The event source controlling the graceful forced termination of the scheduled Actions."
TEST_CASE("'The event source controlling the graceful forced termination of the scheduled Actions' [A5] [A13]")
{
    World world;
    world.duration = [] { return 1h; };
    // Every five minutes until one minute after.
    world.start(
        instruction({periodic("every", 300s), periodic("until", 300s, 0s, kMonday + 60s)}, {ending("until", 2)}));
    world.run_for(60s);
    REQUIRE(world.stopped.size() == 1);
    CHECK(world.stopped[0].reason == "its end event 'until' came");
    CHECK(world.count("s", OutcomeWord::interrupted) == 2);
    world.run_for(1h);
    CHECK(world.stopped.size() == 13);
    CHECK(world.count("s", OutcomeWord::overlapped) == 0);
}

TEST_CASE("a run ends at the first trigger of its end event after it was due, not at its own instant [A5]")
{
    World world;
    world.duration = [] { return 1h; };
    world.start(instruction({periodic("every", 60s)}, {ending("every")}));
    world.run_for(59s);
    CHECK(world.stopped.empty());
    world.run_for(1s);
    CHECK(world.stopped.size() == 1);
}

TEST_CASE("an end event's spread is drawn for each run, and an end that the clock is set over comes at once [A5]")
{
    World world;
    world.duration = [] { return 1h; };
    world.start(
        instruction({periodic("every", 3600s), periodic("until", 3600s, 600s, kMonday + 60s)}, {ending("until")}));
    std::set<std::chrono::nanoseconds> spreads;
    for (int hour = 0; hour < 5; ++hour) {
        const std::size_t before = world.stopped.size();
        world.run_for(60s - 1ns);
        while (world.stopped.size() == before)
            world.run_for(1s);
        spreads.insert((world.now.wall - kMonday) % 3600s);
        world.run_for(3600s - (world.now.wall - kMonday) % 3600s);
    }
    CHECK(spreads.size() > 3);
    CHECK(*spreads.rbegin() <= 661s);

    World stepped;
    stepped.duration = [] { return 5h; };
    stepped.start(instruction({event("every", model::Immediate{}), periodic("until", 3600s, 0s, kMonday + 30min)},
                              {ending("until")}));
    stepped.run_for(10s);
    stepped.set_clock(40min);
    CHECK(stepped.stopped.size() == 1);

    // A clock set back shows an earlier trigger.
    World back;
    back.duration = [] { return 5h; };
    back.start(instruction({event("every", model::Immediate{}), periodic("until", 3600s, 0s, kMonday - 30min)},
                           {ending("until")}));
    back.run_for(10s);
    back.set_clock(-40min);
    back.run_for(10min - 10s - 1ns);
    CHECK(back.stopped.empty());
    back.run_for(1ns);
    CHECK(back.stopped.size() == 1);
}

TEST_CASE("what neither starts by the clock nor ends by it is stopped when it happens [A5]")
{
    World world;
    world.duration = [] { return 1h; };
    auto asked = instruction({event("every", model::ControllerLost{}), event("back", model::ControllerConnected{})},
                             {ending("back")});
    asked.agent.controller_timeout = 60s;
    world.start(asked);
    world.run_for(2min);
    REQUIRE(world.started.size() == 1);
    CHECK(world.stopped.empty());
    world.contact();
    CHECK(world.stopped.size() == 1);
    CHECK(world.count("s", OutcomeWord::interrupted) == 1);
}

// "The Actions of the Schedule are executed concurrently."
TEST_CASE("'The Actions of the Schedule are executed concurrently': in parallel mode all begin and end together [A5]")
{
    World world;
    world.duration = [] { return 1h; };
    world.start(instruction({periodic("every", 300s)}, {lasting(60s, 3, model::ExecutionMode::parallel)}));
    CHECK(world.started.size() == 3);
    CHECK(world.engine->state().schedules.at(0).activity == Activity::running);
    world.run_for(60s);
    CHECK(world.count("s", OutcomeWord::interrupted) == 3);
    CHECK(world.engine->state().schedules.at(0).activity == Activity::enabled);
}

TEST_CASE("a change of the event that ends a schedule is a change of the schedule [A15]")
{
    const auto fingerprint = [](const model::Instruction &from) { return works_of(from).at(0).fingerprint; };
    auto asked = instruction({periodic("every", 300s), periodic("until", 300s)}, {ending("until")});
    const auto before = fingerprint(asked);
    asked.events[1].random_spread = 1s;
    CHECK(fingerprint(asked) != before);
    CHECK(fingerprint(instruction({periodic("every", 300s)}, {lasting(60s)})) !=
          fingerprint(instruction({periodic("every", 300s)}, {lasting(61s)})));
}

TEST_CASE("an end event that is no time of the clock ends the runs that its spread meets [A5]")
{
    // Immediate: as the configuration begins; startup: at each start of the agent.
    for (const bool immediate : {true, false}) {
        World world;
        world.duration = [] { return 1h; };
        const auto asked =
            instruction({event("every", model::Startup{}),
                         immediate ? event("until", model::Immediate{}, 600s) : event("until", model::Startup{}, 600s)},
                        {ending("until")});
        world.start(asked);
        REQUIRE(world.started.size() == 1);
        world.run_for(600s + 1ms);
        REQUIRE(world.stopped.size() == 1);
        CHECK(world.stopped[0].reason == "its end event 'until' came");
        world.crash(1min);
        world.start(asked);
        world.run_for(610s);
        CHECK(world.started.size() == 2);
        CHECK(world.stopped.size() == (immediate ? 1 : 2)); // once for each configuration
    }
}

TEST_CASE("an immediate end does not come again at a restart of an agent that has configured it before [A5]")
{
    World world;
    world.duration = [] { return 1h; };
    // Nothing of the schedule has been planned by the crash: a Controller was always there.
    auto asked = instruction({event("every", model::ControllerLost{}), event("until", model::Immediate{}, 600s)},
                             {ending("until")});
    asked.agent.controller_timeout = 10s;
    world.start(asked);
    world.run_for(5s);
    world.last_alive = world.now.wall;
    world.crash(1h);
    world.start(asked);
    world.run_for(20s);
    REQUIRE(world.started.size() == 1);
    world.run_for(650s);
    CHECK(world.stopped.empty());
}

TEST_CASE("a run that begins while the loss of the Controller that ends it waits for its spread is ended, too [A5]")
{
    World world;
    world.duration = [] { return 1h; };
    auto asked =
        instruction({periodic("every", 3600s, 0s, kMonday + 61s), event("until", model::ControllerLost{}, 1800s)},
                    {ending("until")});
    asked.agent.controller_timeout = 60s;
    world.start(asked);
    world.run_for(62s);
    REQUIRE(world.started.size() == 1);
    REQUIRE(world.stopped.empty());
    world.run_for(1800s);
    CHECK(world.stopped.size() == 1);
    world.run_for(3h);
    CHECK(world.stopped.size() == 1); // each later one is after it
}
