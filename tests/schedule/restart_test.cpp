#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

TEST_CASE("after a restart what had started is interrupted, each action of it once [A13]")
{
    World world;
    world.duration = [] { return 10s; };
    const auto same = instruction({event("e", model::Immediate{})}, {schedule_of("s", "e", 3)});
    world.start(same);
    world.run_for(15s); // a has ended, b runs, c waits
    const Uuid run = world.intents.begin()->second.actions.at(1).run;
    world.crash(1min);
    world.start(same);
    CHECK(world.count("s", OutcomeWord::completed) == 1);
    CHECK(world.count("s", OutcomeWord::interrupted) == 2);
    REQUIRE(world.outcomes.size() == 3);
    CHECK(world.outcomes[1].action == "b");
    CHECK(world.outcomes[1].run == run);
    CHECK(world.outcomes[1].message == "the agent ended while it ran");
    CHECK(world.outcomes[2].action == "c");
    CHECK(world.outcomes[2].message == "the agent ended before it was this action's turn");
    CHECK(world.open_intents() == 0);
}

TEST_CASE("a crash between an action's outcome and the next action's start loses neither [A13]")
{
    World world;
    const auto same = instruction({event("e", model::Immediate{}), periodic("p", 60s)}, {schedule_of("s", "e", 2)});
    world.duration = [] { return 10s; };
    world.start(same);
    world.run_for(5s);
    for (SavedAction &action : world.intents.begin()->second.actions)
        action.ended = true;
    world.crash();
    world.start(same);
    CHECK(world.outcomes.empty()); // they were durable already
    CHECK(world.open_intents() == 0);
}

TEST_CASE("what was planned and lies ahead is kept at its drawn time [A13]")
{
    World world;
    const auto same = instruction({periodic("e", 3600s, 1800s)}, {schedule_of("s", "e")});
    world.start(same);
    const auto before = world.engine->pending();
    REQUIRE(before.size() == 2);
    world.crash(before[0].spread / 2);
    world.start(same);
    CHECK(world.engine->pending() == before);
    world.run_for(2h);
    CHECK(world.started.at(0).intent == before[0]);
    CHECK(world.started.at(0).at == before[0].due());
    CHECK(world.started.at(1).intent == before[1]);
}

TEST_CASE("what the downtime passed is missed as one range, planned or not [A13]")
{
    World world;
    const auto same = instruction({periodic("e", 1s)}, {schedule_of("s", "e")});
    world.start(same);
    world.run_for(10s);
    world.crash(30 * 24h);
    world.start(same);
    REQUIRE(world.count("s", OutcomeWord::missed) == 30 * 86400 - 1); // the one of this very second starts
    const model::Outcome range = world.outcomes.at(11);
    CHECK(range.first_event == kMonday + 11s);
    CHECK(range.last_event == world.now.wall - 1s);
    CHECK(range.message == "the agent was not running until 2026-12-23T00:00:10Z");
    CHECK(world.outcomes.size() == 12);
    CHECK(world.started.back().at == world.now.wall);
}

TEST_CASE("an agent that starts again and again counts each trigger once [A13]")
{
    World world;
    const auto same = instruction({periodic("e", 7s, 20s)}, {schedule_of("s", "e")});
    world.start(same);
    for (int i = 0; i < 500; ++i) {
        world.run_for(std::chrono::milliseconds(world.random() % 9000));
        world.crash(std::chrono::milliseconds(world.random() % 9000));
        world.start(same);
    }
    const auto triggers = static_cast<std::uint64_t>((world.now.wall - kMonday) / 7s + 1);
    CHECK(world.count("s") + world.engine->pending().size() == triggers + 1);
    std::set<WallTime> events;
    for (const Started &started : world.started)
        CHECK(events.insert(started.intent.event).second);
}

TEST_CASE("immediate fires once for a configuration and never on a restart [A5]")
{
    World world;
    auto now = instruction({event("now", model::Immediate{})}, {schedule_of("s", "now")});
    world.start(now);
    world.run_for(1min);
    for (int i = 0; i < 5; ++i) {
        world.crash(1s);
        world.start(now);
        world.run_for(1min);
    }
    CHECK(world.started.size() == 1);
    world.replace(now);
    CHECK(world.started.size() == 1);
    now.tasks[0].options = {{"1", "target", "::1"}};
    world.replace(now);
    CHECK(world.started.size() == 2);
    now.schedules.push_back(schedule_of("t", "now"));
    world.replace(now);
    CHECK(world.started.size() == 3);
    CHECK(world.started[2].intent.schedule == "t");
    now.schedules.pop_back();
    world.replace(now);
    now.schedules.push_back(schedule_of("t", "now"));
    world.replace(now); // new again
    CHECK(world.started.size() == 4);
}

TEST_CASE("what a run overlapped is overlapped also if the agent was killed meanwhile [A13]")
{
    World world;
    world.duration = [] { return 5min; };
    const auto same = instruction({periodic("e", 60s)}, {schedule_of("s", "e")});
    world.start(same);
    world.run_for(3min + 1s);
    world.last_alive = world.now.wall;
    world.crash(90s);
    world.start(same);
    CHECK(world.count("s", OutcomeWord::interrupted) == 1);
    CHECK(world.count("s", OutcomeWord::overlapped) == 3);
    CHECK(world.prevented.at({"s", OutcomeWord::overlapped}) == 3);
    CHECK(world.count("s", OutcomeWord::missed) == 1);
}

TEST_CASE(
    "what has triggered is not withdrawn by a new instruction because the clock is behind it after a restart [A13]")
{
    World world;
    const auto same = instruction({event("once", model::OneOff{kMonday + 60s}, 3600s)}, {schedule_of("s", "once")});
    world.start(same);
    world.run_for(61s);
    REQUIRE(world.started.empty());
    world.last_alive = world.now.wall;
    world.crash();
    world.now.wall -= 4h;
    world.start(same);
    CHECK(world.open_intents() == 1);
    world.replace(instruction({}, {}));
    CHECK(world.count("s", OutcomeWord::missed) == 1);
    CHECK(world.open_intents() == 0);
}

TEST_CASE("an immediate event whose plan did not become durable before the crash fires after it [A13]")
{
    World world;
    world.start({});
    const auto now = instruction({event("now", model::Immediate{})}, {schedule_of("s", "now")});
    (void)world.engine->replace(now, world.now);
    world.crash();
    world.start(now);
    CHECK(world.started.size() == 1);
}

TEST_CASE("an immediate run that waited for its spread during a downtime is missed, or kept if its time is ahead [A13]")
{
    for (const bool past : {true, false}) {
        World world;
        const auto now = instruction({event("now", model::Immediate{}, 3600s)}, {schedule_of("s", "now")});
        world.start(now);
        const model::Intent intent = world.engine->pending().at(0);
        world.crash(past ? intent.spread + 1s : intent.spread / 2);
        world.start(now);
        world.run_for(1h);
        CHECK(world.count("s", past ? OutcomeWord::missed : OutcomeWord::completed) == 1);
        CHECK(world.count("s") == 1);
        if (!past)
            CHECK(world.started.at(0).at == intent.due());
    }
}

TEST_CASE("startup fires at each start of the agent, and not when an instruction arrives later [A5]")
{
    World world;
    const auto boot = instruction({event("boot", model::Startup{})}, {schedule_of("s", "boot")});
    world.start({});
    world.replace(boot);
    world.run_for(1min);
    CHECK(world.started.empty());
    for (int i = 1; i <= 5; ++i) {
        world.crash(1s);
        world.start(boot);
        world.run_for(1min);
        CHECK(world.started.size() == static_cast<std::size_t>(i));
    }
    CHECK(world.count("s", OutcomeWord::completed) == 5);
}

TEST_CASE("a one-off event that the downtime passed is missed once [A13]")
{
    World world;
    const auto once = instruction({event("e", model::OneOff{kMonday + 1h})}, {schedule_of("s", "e")});
    world.start(once);
    for (int i = 0; i < 3; ++i) {
        world.crash(2h);
        world.start(once);
    }
    CHECK(world.count("s", OutcomeWord::missed) == 1);
    CHECK(world.count("s") == 1);
    CHECK(world.open_intents() == 0);
}

TEST_CASE("open intents of a configuration that is no longer in force are accounted for at the start [A13]")
{
    World world;
    auto now = instruction({periodic("e", 3600s, 3600s, kMonday), event("now", model::Immediate{})},
                           {schedule_of("waits", "e"), schedule_of("gone", "e"), schedule_of("runs", "now", 2)});
    world.duration = [] { return 1h; };
    world.start(now);
    world.crash(1s);
    now.schedules[0].tags = {"changed"};
    now.schedules.erase(now.schedules.begin() + 1, now.schedules.end());
    world.start(now);
    CHECK(world.count("waits", OutcomeWord::missed) == 1);
    CHECK(world.count("gone", OutcomeWord::missed) == 1);
    CHECK(world.count("runs", OutcomeWord::interrupted) == 2);
    CHECK(world.count() == 4);
    CHECK(world.engine->pending().size() == 1); // planned anew; the two planned ahead are withdrawn
    CHECK(world.open_intents() == 1);
    CHECK(world.progress.size() == 1);
}

TEST_CASE("what has triggered is accounted for at a start with another instruction, whatever the clock shows [A13]")
{
    for (const WallTime shown : {kMonday - 4h, WallTime(100s)}) {
        World world;
        world.not_met = [] { return "not now"; };
        auto same = instruction({event("now", model::Immediate{}, 3600s), event("boot", model::Startup{}),
                                 event("once", model::OneOff{kMonday + 60s}), periodic("hourly", 3600s, 3600s)},
                                {schedule_of("immediate", "now"), schedule_of("startup", "boot"),
                                 schedule_of("once", "once"), schedule_of("hourly", "hourly")});
        for (const std::size_t i : {1U, 2U}) {
            same.schedules[i].constraints = {
                {"result", model::MethodResult{"a", "t", "c", model::Comparison::less, "1"}}};
            same.schedules[i].retries = {10, 60s};
        }
        world.start(same);
        world.run_for(61s);
        REQUIRE(world.started.empty()); // all wait: for a spread to pass, or for a constraint
        REQUIRE(world.open_intents() == 5);
        world.crash();
        world.now.wall = shown;
        world.start({});
        for (const char *name : {"immediate", "startup", "once", "hourly"}) {
            INFO(name);
            CHECK(world.count(name, OutcomeWord::missed) == 1);
        }
        CHECK(world.count() == 4); // the next hour's is withdrawn
        CHECK(world.open_intents() == 0);
        CHECK(world.progress.empty());
    }
}

TEST_CASE("a clock set back while the agent was down is no reason to fire twice or to fall silent [A5] [A13]")
{
    World world;
    const auto same = instruction({periodic("e", 60s, 30s, std::nullopt)}, {schedule_of("s", "e")});
    world.start(same);
    world.run_for(1h);
    world.crash();
    world.now.wall -= 30min;
    world.start(same);
    world.run_for(1h);
    std::set<WallTime> events;
    for (const Started &started : world.started)
        CHECK(events.insert(started.intent.event).second);
    CHECK(world.count("s", OutcomeWord::completed) >= 89);

    world.crash();
    world.now.wall -= 400 * 24h;
    const std::size_t before = world.started.size();
    world.start(same);
    world.run_for(1h);
    CHECK(world.started.size() - before >= 59);
    CHECK(world.open_intents() == world.engine->pending().size());
}

TEST_CASE("the message of a missed run says since when the agent was down if the spool knows [A13]")
{
    Engine engine({}, [n = std::uint64_t(0)]() mutable { return ++n; });
    const auto same = instruction({periodic("e", 3600s)}, {schedule_of("s", "e")});
    Saved saved;
    saved.progress = {{"s", works_of(same).at(0).fingerprint, kMonday}};
    saved.last_alive = kMonday + 3min;
    const Decisions decisions = engine.start(same, saved, {kMonday + 2h + 1s, MonotonicTime(1s)});
    const auto &account = std::get<Account>(decisions.at(0));
    CHECK(account.outcomes.at(0).message ==
          "the agent was not running from 2026-11-23T00:03:00Z to 2026-11-23T02:00:01Z");
    CHECK(account.outcomes.at(0).count == 2);
    CHECK(account.progress->last_event == kMonday + 2h);
}
