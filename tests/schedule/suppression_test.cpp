#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

model::Event once(const std::string &name, WallTime at)
{
    return event(name, model::OneOff{at});
}

// A schedule `s` on `every`, which the suppressions of these tests match.
model::Schedule quiet(const std::string &every = "every", std::size_t actions = 1)
{
    model::Schedule schedule = schedule_of("s", every, actions);
    schedule.suppression_tags = {"quiet"};
    return schedule;
}

std::uint64_t suppressed(const World &world)
{
    return world.count("s", OutcomeWord::suppressed);
}

} // namespace

// "Suppression information to prevent Schedules or certain Actions from starting."
// "Configuration of a particular Suppression."
// "The event source controlling the start of the Suppression period."
// "The event source controlling the end of the Suppression period."
TEST_CASE("a suppression begins with its start event and ends with its end event, each trigger counted [A5] [A13]")
{
    World world(kMonday + 30s);
    world.start(instruction({periodic("every", 60s), once("from", kMonday + 5min), once("to", kMonday + 10min)},
                            {quiet("every", 2), schedule_of("other", "every")}, {suppression("night", "from", "to")}));
    world.run_for(20min);
    // 1 to 4; 5 to 9, where the start's own instant belongs to it and the end's does not; 10 to 20.
    CHECK(world.count("s", OutcomeWord::completed) == 2 * (4 + 11));
    CHECK(suppressed(world) == 2 * 5);
    CHECK(world.count("other", OutcomeWord::completed) == 20);
    CHECK(world.prevented.at({"s", OutcomeWord::suppressed}) == 5);
    const auto found = std::find_if(world.outcomes.begin(), world.outcomes.end(), [](const model::Outcome &outcome) {
        return outcome.word == OutcomeWord::suppressed;
    });
    REQUIRE(found != world.outcomes.end());
    CHECK(found->message == "by the suppression 'night'");
    CHECK(found->first_event == kMonday + 5min);
    CHECK(world.engine->state().suppressions.at(0).active == false);
}

// "If not present, Suppression continues indefinitely."
TEST_CASE("'If not present, Suppression continues indefinitely': no end, for good; no start, from the beginning [A5]")
{
    World world(kMonday + 30s);
    world.start(instruction({periodic("every", 60s), once("to", kMonday + 5min)}, {quiet()},
                            {suppression("at first", std::nullopt, "to")}));
    world.run_for(10min);
    CHECK(suppressed(world) == 4);
    CHECK(world.count("s", OutcomeWord::completed) == 6);

    World other(kMonday + 30s);
    other.start(instruction({periodic("every", 60s), once("from", kMonday + 5min)}, {quiet()},
                            {suppression("later", "from", std::nullopt)}));
    other.run_for(3 * 24h);
    CHECK(other.count("s", OutcomeWord::completed) == 4);
    CHECK(suppressed(other) == 3 * 24 * 60 - 4);
    CHECK(other.engine->state().suppressions.at(0).active);

    World always(kMonday + 30s);
    always.start(instruction({periodic("every", 60s), event("now", model::Immediate{})}, {quiet("now")},
                             {suppression("ever", std::nullopt, std::nullopt)}));
    always.run_for(10min);
    CHECK(suppressed(always) == 1);
}

// "A set of Suppression match patterns."
// "The Suppression will apply to all Schedules (and their Actions) that have a matching value in their suppression-tags
// and to all Actions that have a matching value in their suppression-tags."
// "A set of Suppression tags that are used to select Schedules to be suppressed."
// "A set of Suppression tags that are used to select Actions to be suppressed."
TEST_CASE("'all Schedules (and their Actions) that have a matching value ... and all Actions' by glob patterns [A5]")
{
    model::Schedule schedule = schedule_of("s", "every", 3);
    model::Suppression one = suppression("x", std::nullopt, std::nullopt);
    const auto outcomes = [&](const std::vector<std::string> &match, const std::vector<std::string> &tags,
                              const std::vector<std::string> &tags_of_b) {
        one.match = match;
        schedule.suppression_tags = tags;
        schedule.actions[1].suppression_tags = tags_of_b;
        World world;
        world.start(instruction({periodic("every", 60s)}, {schedule}, {one}));
        world.run_for(1s);
        return world.count("s", OutcomeWord::completed) * 10 + suppressed(world);
    };
    CHECK(outcomes({"load-*"}, {"other", "load-down"}, {}) == 3);
    CHECK(outcomes({"load-*"}, {}, {"load-up"}) == 21);
    CHECK(outcomes({"load-?p", "x"}, {"load-down"}, {"load-up"}) == 21);
    CHECK(outcomes({"load-[!u]*"}, {"load-up"}, {}) == 30);
    CHECK(outcomes({"*"}, {}, {}) == 30); // no tag to match
    CHECK(outcomes({"*"}, {"a/b"}, {}) == 3);
    CHECK(outcomes({"\\*"}, {"a"}, {"*"}) == 21);
    CHECK(outcomes({}, {"a"}, {"a"}) == 30); // without a pattern nothing is suppressed
}

TEST_CASE("an action that is suppressed has its outcome at once, and the next one has its turn [A13]")
{
    World world;
    world.duration = [] { return 10s; };
    model::Schedule schedule = schedule_of("s", "now", 3);
    schedule.actions[1].suppression_tags = {"quiet"};
    const auto same =
        instruction({event("now", model::Immediate{})}, {schedule}, {suppression("x", std::nullopt, std::nullopt)});
    world.start(same);
    world.run_for(15s); // a has ended, c runs
    CHECK(suppressed(world) == 1);
    CHECK(world.started.size() == 2);
    CHECK(world.started[1].action == 2);
    CHECK(world.engine->state().schedules.at(0).actions ==
          std::vector<Activity>{Activity::enabled, Activity::suppressed, Activity::running});
    world.crash();
    world.start(same);
    CHECK(world.count("s") == 3);
    CHECK(world.count("s", OutcomeWord::interrupted) == 1);
    CHECK(world.open_intents() == 0);
}

// "If 'stop-running' is false, running Schedules and Actions will not be affected if Suppression is activated."
TEST_CASE("'If stop-running is false, running Schedules and Actions will not be affected' [A5]")
{
    World world;
    world.duration = [] { return 40s; };
    world.start(instruction({periodic("every", 300s), once("from", kMonday + 60s)}, {quiet("every", 3)},
                            {suppression("x", "from", std::nullopt)}));
    world.run_for(4min);
    CHECK(world.count("s", OutcomeWord::completed) == 3);
    CHECK(world.stopped.empty());
    CHECK(world.engine->state().schedules.at(0).activity == Activity::suppressed);
    world.run_for(4min);
    CHECK(suppressed(world) == 3);
}

// "If 'stop-running' is true, running Schedules and Actions matching the Suppression will be terminated when
// Suppression is activated."
TEST_CASE("'If stop-running is true, running Schedules and Actions matching will be terminated' [A5] [A13]")
{
    World world;
    world.duration = [] { return 40s; };
    world.start(instruction({periodic("every", 300s), once("from", kMonday + 60s)},
                            {quiet("every", 3), schedule_of("other", "every", 3)},
                            {suppression("x", "from", std::nullopt, true)}));
    world.run_for(61s);
    REQUIRE(world.stopped.size() == 1);
    CHECK(world.stopped[0].reason == "the suppression 'x' began");
    CHECK(world.count("s", OutcomeWord::completed) == 1);
    CHECK(world.count("s", OutcomeWord::interrupted) == 1);
    CHECK(suppressed(world) == 1); // its turn did not come
    world.run_for(3min);
    CHECK(world.count("other", OutcomeWord::completed) == 3);

    // By an action's own tag that action alone is ended.
    model::Schedule schedule = schedule_of("s", "every", 3, model::ExecutionMode::parallel);
    schedule.actions[1].suppression_tags = {"quiet"};
    World action;
    action.duration = [] { return 100s; };
    action.start(instruction({periodic("every", 300s), once("from", kMonday + 60s)}, {schedule},
                             {suppression("x", "from", std::nullopt, true)}));
    action.run_for(2min);
    REQUIRE(action.stopped.size() == 1);
    CHECK(action.stopped[0].action == 1U);
    CHECK(action.count("s", OutcomeWord::completed) == 2);
    CHECK(action.count("s", OutcomeWord::interrupted) == 1);
}

TEST_CASE("a suppression that comes with an instruction and stops what runs does so at once [A5]")
{
    World world;
    world.duration = [] { return 100s; };
    auto asked = instruction({periodic("every", 300s)}, {quiet()});
    world.start(asked);
    world.run_for(10s);
    asked.suppressions = {suppression("x", std::nullopt, std::nullopt, true)};
    world.replace(asked);
    world.run_for(1s);
    CHECK(world.count("s", OutcomeWord::interrupted) == 1);
    asked.suppressions.clear();
    world.replace(asked);
    CHECK(world.suppressions.empty());
    world.run_for(10min);
    CHECK(world.count("s", OutcomeWord::completed) == 1); // another still runs
    CHECK(suppressed(world) == 0);
}

TEST_CASE("a daily suppression by the calendar holds in its hours, over restarts and clock steps [A5] [A13]")
{
    const auto at = [](unsigned hour) {
        model::Calendar calendar;
        calendar.month = calendar.day_of_month = calendar.day_of_week = {true, 0};
        calendar.hour.values = std::uint64_t{1} << hour;
        calendar.minute.values = calendar.second.values = 1;
        return calendar;
    };
    const auto same = instruction({periodic("every", 600s), event("evening", at(18)), event("night", at(22))},
                                  {quiet()}, {suppression("busy", "evening", "night")});
    World world(kMonday + 1s);
    world.start(same);
    const auto active = [&] { return world.engine->state().suppressions.at(0).active; };
    world.run_for(24h);
    CHECK(suppressed(world) == 4 * 6);
    CHECK(world.count("s", OutcomeWord::completed) == 20 * 6); // midnight's second to the next one's

    world.run_for(17h);
    world.crash(2h); // to 19:00
    world.start(same);
    CHECK(active());
    world.crash(10min);
    world.start(same);
    CHECK(active());
    world.crash(3h);
    world.start(same);
    CHECK_FALSE(active());
    world.crash(21h); // 19:10 on the next day
    world.start(same);
    CHECK(active());
    world.crash(24h);
    world.start(same);
    CHECK(active());
    world.set_clock(3h); // 22:10
    CHECK_FALSE(active());
    world.set_clock(-3h); // what was passed was passed
    CHECK_FALSE(active());
    world.run_for(24h);
    CHECK(active());
    world.set_clock(240h); // ten days: the last trigger holds
    CHECK(active());
    world.set_clock(12h);
    CHECK_FALSE(active());
    world.set_clock(-3000h); // begins anew
    CHECK_FALSE(active());
    const WallTime now = world.now.wall;
    world.run_for(std::chrono::ceil<std::chrono::days>(now) + 19h - now);
    CHECK(active());
}

TEST_CASE("where a suppression's start and end trigger at the same instant, the end holds [A5]")
{
    World world(kMonday + 30s);
    world.start(instruction({periodic("every", 60s)}, {quiet()}, {suppression("x", "every", "every")}));
    world.run_for(10min);
    CHECK(suppressed(world) == 0);
    CHECK(world.count("s", OutcomeWord::completed) == 10);
}

TEST_CASE("a one-off event that has passed counts as the start or the end of a new suppression [A5]")
{
    const auto active = [](std::chrono::seconds from, std::chrono::seconds to) {
        World world;
        world.start(instruction({periodic("every", 60s), once("from", kMonday + from), once("to", kMonday + to)},
                                {quiet()}, {suppression("x", "from", "to")}));
        return world.engine->state().suppressions.at(0).active;
    };
    CHECK(active(-1h, 1h));
    CHECK_FALSE(active(-2h, -1h));
    CHECK_FALSE(active(1h, 2h));
    CHECK(active(-1h, -2h));
}

TEST_CASE("immediate and startup events begin suppressions too, after their spread, which a restart does not lose [A5]")
{
    const auto same =
        instruction({periodic("every", 60s), event("now", model::Immediate{}, 600s), event("boot", model::Startup{})},
                    {quiet()}, {suppression("x", "now", "boot")});
    World world(kMonday + 30s);
    world.start({});
    world.replace(same);
    const WallTime due = *world.suppressions.at("x").due;
    CHECK(due > world.now.wall);
    CHECK_FALSE(world.suppressions.at("x").active);
    world.set_clock(24h); // no matter
    CHECK_FALSE(world.suppressions.at("x").active);
    world.set_clock(-24h);
    world.run_for(due - world.now.wall + 1ms);
    CHECK(world.suppressions.at("x").active);
    world.crash();
    world.start(same);
    CHECK_FALSE(world.suppressions.at("x").active);
    world.run_for(1h);
    CHECK_FALSE(world.suppressions.at("x").active); // immediate was once
}

TEST_CASE("a clock that has not been set since boot begins no suppression by the calendar [A5]")
{
    World world(WallTime(5min));
    world.start(instruction(
        {event("boot", model::Startup{}), periodic("every", 60s, 0s, kMonday + 30min), once("from", kMonday)},
        {quiet("boot")}, {suppression("x", "from", std::nullopt)}));
    world.run_for(10s);
    CHECK(world.count("s", OutcomeWord::completed) == 1);
    world.set_clock(kMonday + 1h - world.now.wall);
    CHECK(world.engine->state().suppressions.at(0).active);
}
