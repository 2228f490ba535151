// What is started before it is due.
#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

constexpr auto kAhead = 5ms;

std::vector<Start> starts(const Decisions &decisions)
{
    std::vector<Start> all;
    for (const Decision &decision : decisions)
        if (const auto *start = std::get_if<Start>(&decision))
            all.push_back(*start);
    return all;
}

// One trigger a minute, the first at kMonday; the clock stands `left` before that of the next minute.
void begin(World &world, model::Schedule schedule, std::chrono::nanoseconds left,
           std::vector<model::Suppression> suppressions = {})
{
    const std::size_t actions = schedule.actions.size();
    world.start(instruction({periodic("e", 60s), event("at", model::OneOff{kMonday + 60s})}, {std::move(schedule)},
                            std::move(suppressions)));
    world.run_for(60s - left);
    REQUIRE(world.started.size() == actions);
}

std::vector<Start> ahead_of_second(World &world)
{
    return starts(world.engine->advance_ahead(kAhead, world.now));
}

} // namespace

TEST_CASE("what will start is started a little ahead, and is due at its time [A5]")
{
    World world;
    begin(world, schedule_of("s", "e"), kAhead + 1ns);
    CHECK(ahead_of_second(world).empty());
    CHECK(world.engine->ahead(kAhead, world.now).next.wall == kMonday + 60s - kAhead);
    world.run_for(1ns);
    const std::vector<Start> ahead = ahead_of_second(world);
    REQUIRE(ahead.size() == 1);
    CHECK(ahead[0].intent->event == kMonday + 60s);
    CHECK(ahead[0].due == world.now.monotonic + kAhead);
    CHECK(world.engine->running().size() == 1);
    CHECK(ahead_of_second(world).empty());
}

TEST_CASE("an action that follows one which came to nothing ahead of its time is not due before either [A5]")
{
    World world;
    begin(world, schedule_of("s", "e", 2), kAhead);
    const std::vector<Start> ahead = ahead_of_second(world);
    REQUIRE(ahead.size() == 1);
    const std::vector<Start> next = starts(world.engine->action_ended(ahead[0].intent->id, 0, world.now));
    REQUIRE(next.size() == 1);
    CHECK(next[0].due == ahead[0].due);
}

TEST_CASE("the spread of what does not go by the clock ends on time, too [A5]")
{
    World world;
    world.ahead = kAhead;
    world.start(instruction({event("i", model::Immediate{}, 3600s)}, {schedule_of("s", "i")}));
    const MonotonicTime due = world.now.monotonic + world.engine->pending().at(0).spread;
    world.run_for(1h);
    REQUIRE(world.started.size() == 1);
    CHECK(world.started[0].due == due);
    CHECK(world.started[0].monotonic == due);
}

TEST_CASE("what may still turn out otherwise is decided when it is due [A5] [A13]")
{
    World world;
    SECTION("its schedule runs")
    {
        world.duration = [] { return 60s - 1ms; };
        begin(world, schedule_of("s", "e"), kAhead);
        CHECK(ahead_of_second(world).empty());
        world.run_for(kAhead);
        CHECK(world.started.size() == 2);
    }
    SECTION("it has constraints")
    {
        model::Schedule schedule = schedule_of("s", "e");
        schedule.constraints = {{"result", model::MethodResult{"a", "t", "c", model::Comparison::less, "1"}}};
        begin(world, schedule, kAhead);
        CHECK(ahead_of_second(world).empty());
        world.run_for(kAhead);
        CHECK(world.checks.size() == 2);
    }
    SECTION("it is suppressed from then on")
    {
        model::Schedule schedule = schedule_of("s", "e");
        schedule.suppression_tags = {"quiet"};
        begin(world, schedule, kAhead, {suppression("m", "at", std::nullopt)});
        CHECK(ahead_of_second(world).empty());
        world.run_for(kAhead);
        CHECK(world.count("s", OutcomeWord::suppressed) == 1);
    }
    SECTION("it is suppressed until then")
    {
        model::Schedule schedule = schedule_of("s", "e");
        schedule.suppression_tags = {"quiet"};
        world.start(instruction({periodic("e", 60s, 0s, kMonday + 60s), event("at", model::OneOff{kMonday + 60s})},
                                {schedule}, {suppression("m", std::nullopt, "at")}));
        world.run_for(60s - kAhead);
        CHECK(ahead_of_second(world).empty());
        world.run_for(kAhead);
        CHECK(world.started.size() == 1);
    }
    SECTION("its intent is not durable")
    {
        world.commit_time = 2min;
        world.start(instruction({periodic("e", 60s, 0s, kMonday + 60s)}, {schedule_of("s", "e")}));
        world.run_for(60s - kAhead);
        CHECK(ahead_of_second(world).empty());
    }
}

TEST_CASE("a clock that is set back before what was started is due starts it no second time [A5] [A13]")
{
    World world;
    begin(world, schedule_of("s", "e"), kAhead);
    REQUIRE(ahead_of_second(world).size() == 1);
    world.set_clock(-30s);
    world.run_for(30s + kAhead);
    CHECK(world.started.size() == 1); // which knows of the first one alone
    REQUIRE(world.engine->pending().size() == 1);
    CHECK(world.engine->pending()[0].event == kMonday + 120s);
}

TEST_CASE("a duration begins when its run is due, not when that was started ahead [A5]")
{
    World world;
    world.ahead = kAhead;
    world.duration = [] { return 30s; };
    model::Schedule schedule = schedule_of("s", "e");
    schedule.duration = 10s;
    world.start(instruction({periodic("e", 60s, 0s, kMonday + 60s)}, {schedule}));
    world.run_for(65s);
    CHECK(world.stopped.empty());
    CHECK(world.engine->next_wakeup().monotonic == world.started.at(0).due + 10s);
}

TEST_CASE("a suppression that comes between the start and its time stops the run if it stops runs [A13]")
{
    World world;
    world.ahead = kAhead;
    world.duration = [] { return 30s; };
    model::Schedule schedule = schedule_of("s", "e");
    schedule.suppression_tags = {"quiet"};
    auto asked = instruction({periodic("e", 60s), event("lost", model::ControllerLost{})}, {schedule},
                             {suppression("m", "lost", std::nullopt, true)});
    asked.agent.controller_timeout = 180s;
    world.now.wall -= 2ms; // so that it is lost 2 ms before a trigger
    world.start(asked);
    world.run_for(180s - 1ms);
    CHECK(world.started.size() == 4);
    CHECK(world.count("s", OutcomeWord::interrupted) == 1);
}
