#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

model::Instruction watching(std::optional<std::chrono::seconds> timeout = 60s)
{
    auto asked = instruction({event("lost", model::ControllerLost{}), event("back", model::ControllerConnected{})},
                             {schedule_of("l", "lost"), schedule_of("b", "back")});
    asked.agent.controller_timeout = timeout;
    return asked;
}

} // namespace

// "The controller-lost Event object triggers when the connectivity to the Controller has been lost for at least
// 'controller-timeout' seconds."
TEST_CASE("'A timer is started after each successful contact': controller-lost triggers when it runs out, once [A5]")
{
    World world;
    world.start(watching());
    for (int i = 0; i < 10; ++i) {
        world.run_for(59s);
        world.contact();
    }
    CHECK(world.count() == 0);
    world.run_for(60s - 1ns);
    CHECK(world.count() == 0);
    world.run_for(1ms);
    CHECK(world.count("l", OutcomeWord::completed) == 1);
    CHECK(world.engine->state().controller_lost);
    world.run_for(1h);
    CHECK(world.count() == 1);
}

// "The controller-connected Event object triggers when the connectivity to the Controller has been restored after it
// was lost for at least 'controller-timeout' seconds."
TEST_CASE(
    "controller-connected triggers 'when the connectivity has been restored after it was lost', and only then [A5]")
{
    World world;
    world.start(watching());
    world.contact();
    world.run_for(59s);
    world.contact();
    CHECK(world.count("b") == 0);
    for (int i = 1; i <= 3; ++i) {
        world.run_for(2min);
        world.contact();
        world.contact();
        world.run_for(1ms);
        CHECK(world.count("l", OutcomeWord::completed) == static_cast<std::uint64_t>(i));
        CHECK(world.count("b", OutcomeWord::completed) == static_cast<std::uint64_t>(i));
    }
    REQUIRE(world.controller.size() == 6);
    CHECK(world.controller[0].lost);
    CHECK(world.controller[0].at == kMonday + 59s + 60s);
    CHECK_FALSE(world.controller[1].lost);
    CHECK(world.started[0].intent.event == world.controller[0].at);
    CHECK(world.started[1].intent.event == world.controller[1].at);
}

TEST_CASE("without a controller-timeout no connection is ever lost [A5]")
{
    World world;
    world.start(watching(std::nullopt));
    world.run_for(24h);
    world.contact();
    CHECK(world.count() == 0);
    CHECK_FALSE(world.engine->next_wakeup().monotonic);
    // It comes and goes with an instruction, without touching the schedules.
    world.replace(watching());
    world.run_for(61s);
    CHECK(world.count("l", OutcomeWord::completed) == 1);
    world.replace(watching(std::nullopt));
    world.contact();
    world.run_for(1ms);
    CHECK(world.count("b", OutcomeWord::completed) == 1);
}

TEST_CASE("what was lost when the agent ended is lost when it starts, and its return is told [A5]")
{
    World world;
    world.start(watching());
    world.run_for(61s);
    world.crash(1min);
    world.start(watching());
    world.run_for(1h);
    CHECK(world.count("l") == 1);
    world.contact();
    world.run_for(1ms);
    CHECK(world.count("b", OutcomeWord::completed) == 1);
    CHECK_FALSE(world.controller_lost);
}

TEST_CASE("a clock that is set neither loses a Controller nor finds one [A5]")
{
    World world;
    world.start(watching());
    world.run_for(30s);
    world.set_clock(5h);
    world.set_clock(-48h);
    world.run_for(29s);
    CHECK(world.count() == 0);
    world.run_for(2s);
    CHECK(world.count("l", OutcomeWord::completed) == 1);
}

TEST_CASE("a suppression from controller-lost to controller-connected holds while nobody is there, over restarts [A5]")
{
    auto asked = watching();
    asked.events.push_back(periodic("every", 10s));
    asked.schedules.push_back(schedule_of("s", "every"));
    asked.schedules.back().suppression_tags = {"quiet"};
    asked.schedules[0].suppression_tags = {"quiet"};
    asked.suppressions = {suppression("alone", "lost", "back")};
    World world(kMonday + 5s);
    world.start(asked);
    world.run_for(65s);
    CHECK(world.count("s", OutcomeWord::completed) == 6);
    CHECK(world.count("s", OutcomeWord::suppressed) == 1);
    CHECK(world.count("l", OutcomeWord::suppressed) == 1); // it begins before what is due at its instant
    world.crash();
    world.start(asked);
    world.run_for(60s);
    CHECK(world.count("s", OutcomeWord::suppressed) == 7);
    world.contact();
    world.run_for(60s);
    CHECK(world.count("s", OutcomeWord::suppressed) == 7);
    CHECK(world.count("b", OutcomeWord::completed) == 1);
}

TEST_CASE("the spread of a loss is drawn, and waits on the monotonic clock [A5]")
{
    World world;
    auto asked = watching();
    asked.events[0].random_spread = 600s;
    world.start(asked);
    world.run_for(60s);
    CHECK(world.count() == 0);
    REQUIRE(world.engine->pending().size() == 1);
    const auto spread = world.engine->pending()[0].spread;
    world.set_clock(24h);
    CHECK(world.count() == 0);
    world.run_for(spread + 1ms);
    CHECK(world.count("l", OutcomeWord::completed) == 1);
}

TEST_CASE("a suppression that waits to begin because nobody was there does not begin once somebody is [A5]")
{
    auto asked = watching();
    asked.events[0].random_spread = 600s;
    asked.suppressions = {suppression("alone", "lost", "back")};
    World world;
    world.start(asked);
    world.run_for(61s);
    REQUIRE(world.suppressions.at("alone").due);
    REQUIRE_FALSE(world.suppressions.at("alone").active);
    world.contact();
    CHECK_FALSE(world.suppressions.at("alone").active);
    CHECK_FALSE(world.suppressions.at("alone").due);
    for (int i = 0; i < 60; ++i) {
        world.run_for(20s);
        world.contact();
        CHECK_FALSE(world.suppressions.at("alone").active);
    }
    // Nor does one end, that waits to, once nobody is there again.
    std::swap(asked.suppressions[0].start, asked.suppressions[0].end);
    asked.suppressions[0].start.reset();
    world.replace(asked);
    CHECK(world.suppressions.at("alone").active);
    world.run_for(61s);
    REQUIRE(world.suppressions.at("alone").due);
    CHECK(world.suppressions.at("alone").active);
}

TEST_CASE("a controller-timeout that no Controller can keep counts as the least that one can [A5]")
{
    for (const auto timeout : {0s, 1s}) {
        World world;
        world.start(watching(timeout));
        for (int i = 0; i < 60; ++i) {
            world.run_for(1500ms);
            world.contact();
        }
        CHECK(world.count() == 0);
        world.run_for(3s + 1ms);
        CHECK(world.count("l", OutcomeWord::completed) == 1);
    }
}
