#include "schedule/world.hpp"
#include "support/catch.hpp"

// What the descriptions in ietf-lmap-control say of schedules and their actions, as far as the tests of what ends runs,
// of suppressions and of the spool's counters do not quote it.
using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

constexpr model::ExecutionMode kModes[] = {model::ExecutionMode::sequential, model::ExecutionMode::parallel,
                                           model::ExecutionMode::pipelined};

// When each action started, after midnight.
std::vector<std::chrono::nanoseconds> starts(model::ExecutionMode mode)
{
    World world;
    world.duration = [] { return 10s; };
    world.start(instruction({periodic("e", 3600s)}, {schedule_of("s", "e", 3, mode)}));
    world.run_for(10min);
    std::vector<std::chrono::nanoseconds> at(3);
    for (const Started &started : world.started)
        at.at(started.action) = started.at - kMonday;
    return at;
}

} // namespace

// "Schedules control which Tasks are executed by the LMAP implementation."
// "Configuration of LMAP Schedules."
// "The event source controlling the start of the scheduled Actions."
TEST_CASE("only the tasks of scheduled actions run, each when its schedule's own event triggers [A5]")
{
    World world;
    world.start(instruction({periodic("hourly", 3600s, 0s, kMonday + 5min), periodic("daily", 86400s)},
                            {schedule_of("h", "hourly", 2), schedule_of("d", "daily")}));
    world.run_for(24h);
    std::map<std::string, std::set<std::string>> tasks;
    for (const Started &started : world.started) {
        tasks[started.intent.schedule].insert(started.task);
        CHECK((started.at - kMonday) % 3600s == (started.intent.schedule == "h" ? 300s : 0s));
    }
    CHECK(tasks == std::map<std::string, std::set<std::string>>{{"d", {"a"}}, {"h", {"a", "b"}}}); // of five
}

// "Configuration of a particular Schedule."
TEST_CASE("what one schedule says holds for no other one [A5] [A15]")
{
    World world;
    world.duration = [] { return 90s; };
    model::Schedule lasting = schedule_of("lasting", "e");
    lasting.duration = 60s;
    auto asked = instruction({periodic("e", 3600s)}, {lasting, schedule_of("other", "e")});
    world.start(asked);
    world.run_for(2h - 1s);
    CHECK(world.count("lasting", OutcomeWord::interrupted) == 2);
    CHECK(world.count("other", OutcomeWord::completed) == 2);
    asked.schedules[0].duration = 120s;
    world.replace(asked);
    world.run_for(1h);
    CHECK(world.count("lasting", OutcomeWord::completed) == 1);
    CHECK(world.counts_forgotten == std::vector<std::string>{"lasting"});
}

// "An Action describes a Task that is invoked by the Schedule."
// "The Task invoked by this Action."
TEST_CASE("an action runs the task that it names, which others may name as well [A5]")
{
    model::Schedule schedule = schedule_of("s", "e", 3);
    schedule.actions[0].task = "d";
    schedule.actions[1].task = "b";
    schedule.actions[2].task = "d";
    World world;
    world.start(instruction({periodic("e", 3600s)}, {schedule}));
    world.run_for(1s);
    std::vector<std::pair<std::string, std::string>> ran;
    for (const Started &started : world.started)
        ran.emplace_back(started.intent.actions.at(started.action), started.task);
    CHECK(ran == std::vector<std::pair<std::string, std::string>>{{"a", "d"}, {"b", "b"}, {"c", "d"}});
}

// "The execution mode of this Schedule determines in which order the Actions of the Schedule are executed."
// "Multiple Actions are invoked according to the execution-mode of the Schedule."
// "The Actions of the Schedule are executed sequentially."
// "The Actions of the Schedule are executed in a pipelined mode."
TEST_CASE("sequential and pipelined actions start when the one before has ended, parallel ones together [A5]")
{
    using Times = std::vector<std::chrono::nanoseconds>;
    CHECK(starts(model::ExecutionMode::sequential) == Times{0s, 10s, 20s});
    CHECK(starts(model::ExecutionMode::pipelined) == Times{0s, 10s, 20s});
    CHECK(starts(model::ExecutionMode::parallel) == Times{0s, 0s, 0s});
}

// "When the end has been reached, the scheduled Actions should be forced to terminate the measurements."
// "This may involve being active some additional time in order to properly finish the Action's activity (e.g., waiting
// for any messages that are still outstanding)."
TEST_CASE("an action that is to end may take its time, and its schedule runs until it has [A5] [A13]")
{
    for (const model::ExecutionMode mode : kModes) {
        World world;
        world.duration = [] { return 1h; };
        world.stop_time = 90s;
        model::Schedule schedule = schedule_of("s", "e", 2, mode);
        schedule.duration = 30s;
        world.start(instruction({periodic("e", 60s)}, {schedule}));
        world.run_for(30s);
        CHECK(world.stopped.size() == 1);
        CHECK(world.engine->state().schedules.at(0).activity == Activity::running);
        world.run_for(90s - 1ns);
        CHECK(world.engine->running().size() == 1);
        world.run_for(2ns); // past 2:00, the instant of a trigger
        CHECK(world.count("s", OutcomeWord::interrupted) == 2);
        CHECK(world.count("s", OutcomeWord::overlapped) >= 2); // at 1:00
        world.run_for(10min);
        CHECK(world.count("s", OutcomeWord::completed) == 0);
        CHECK(world.stopped.size() > 3);
    }
}

// "It is generally a good idea to always configure an end time and to refresh the end time as needed to ensure that
// agents that lose connectivity to their Controller do not continue executing Schedules forever."
TEST_CASE(
    "an end that is refreshed in time costs no trigger and makes none twice, one that is not ends them [A5] [A15]")
{
    World world(kMonday + 1min);
    const auto until = [](std::chrono::hours end) {
        return instruction({periodic("e", 600s, 0s, kMonday, kMonday + end)}, {schedule_of("s", "e")});
    };
    world.start(until(2h));
    for (int hour = 1; hour < 24; ++hour) {
        world.run_for(1h);
        world.replace(until(std::chrono::hours(hour + 2)));
    }
    world.run_for(48h); // the Controller is gone
    std::set<WallTime> events;
    for (const Started &started : world.started)
        CHECK(events.insert(started.intent.event).second);
    CHECK(events.size() == 25 * 6 - 1);
    CHECK(*events.rbegin() == kMonday + 25h - 10min);
    CHECK(world.open_intents() == 0);
    CHECK_FALSE(world.engine->next_wakeup().wall);
}

// "The current state of the Schedule."
// "The current state of the Action."
// "The current state of the Suppression."
// "The value 'disabled' indicates that the Schedule is currently disabled."
// "The value 'disabled' indicates that the Action is currently disabled."
// "The value 'disabled' indicates that the Suppression is currently disabled."
TEST_CASE("nothing is ever 'disabled': what is configured has a state, and what is not is not there [A5]")
{
    model::Schedule over = schedule_of("over", "once");
    World world;
    world.start(instruction({event("once", model::OneOff{kMonday + 1min}), periodic("e", 3600s)},
                            {over, schedule_of("s", "e", 2)}, {suppression("x", "once", std::nullopt)}));
    world.run_for(90min);
    State state = world.engine->state();
    REQUIRE(state.schedules.size() == 2);
    for (const State::Schedule &schedule : state.schedules) {
        CHECK(schedule.activity == Activity::enabled); // also the one that has no trigger left
        for (const Activity action : schedule.actions)
            CHECK(action == Activity::enabled);
    }
    REQUIRE(state.suppressions.size() == 1);
    world.replace({});
    state = world.engine->state();
    CHECK(state.schedules.empty());
    CHECK(state.suppressions.empty());
}
