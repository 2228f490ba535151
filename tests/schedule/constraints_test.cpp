#include "schedule/world.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

constexpr const char *kBusy = "line-idle 3.1 Mb/s > 0.5 Mb/s";

model::Schedule constrained(std::uint32_t retries, std::chrono::seconds delay = 60s, std::size_t actions = 1)
{
    model::Schedule schedule = schedule_of("s", "every", actions);
    schedule.constraints = {{"idle", model::LineIdle{std::nullopt, 62'500, 10s}}};
    schedule.retries = {retries, delay};
    return schedule;
}

// Not met for the first `times`, or always.
std::function<std::string()> busy(std::optional<int> times = std::nullopt)
{
    return [times]() mutable -> std::string { return !times || (*times)-- > 0 ? kBusy : ""; };
}

// Of what did not run.
std::string last_message(const World &world)
{
    return world.outcomes.empty() ? "" : world.outcomes.back().message;
}

} // namespace

// "Implementations may be forced to delay acting upon the occurrence of events in the face of local constraints."
TEST_CASE("a trigger whose constraints are met starts when the answer is there, and is as punctual as that [A7]")
{
    World world;
    world.check_time = 10s;
    world.start(instruction({periodic("every", 300s)}, {constrained(3, 60s, 2)}));
    world.run_for(10s);
    CHECK(world.started.empty());
    CHECK(world.engine->state().schedules.at(0).activity == Activity::running);
    world.run_for(1s);
    REQUIRE(world.started.size() == 2);
    CHECK(world.started[0].at == kMonday + 10s);
    CHECK(world.started[0].due == world.started[0].monotonic);
    CHECK(world.count("s", OutcomeWord::completed) == 2);
    REQUIRE(world.checks.size() == 1);
    CHECK(world.checks[0].attempt == 0);
}

TEST_CASE("'if the end user is active then delay the test and re-try 1 minute later, with up to 3 re-tries' [A7] [S4]")
{
    World active;
    active.not_met = busy();
    active.start(instruction({periodic("every", 3600s)}, {constrained(3, 60s, 2)}));
    active.run_for(1h - 1s);
    REQUIRE(active.checks.size() == 4);
    for (std::uint32_t attempt = 0; attempt < 4; ++attempt) {
        CHECK(active.checks[attempt].attempt == attempt);
        CHECK(active.checks[attempt].at == MonotonicTime(1000s) + attempt * 60s);
    }
    CHECK(active.started.empty());
    CHECK(active.count("s", OutcomeWord::not_met) == 2);
    CHECK(last_message(active) == "line-idle 3.1 Mb/s > 0.5 Mb/s, 3 retries, each 60 s after a look");
    CHECK(active.outcomes.back().first_event == kMonday);
    CHECK(active.open_intents() == 1); // planned ahead
    CHECK(active.engine->running().empty());

    World later;
    later.not_met = busy(2);
    later.start(instruction({periodic("every", 3600s)}, {constrained(3)}));
    later.run_for(1h - 1s);
    REQUIRE(later.started.size() == 1);
    CHECK(later.started[0].at == kMonday + 120s);
    CHECK(later.count("s") == 1);
}

TEST_CASE("a retry is told ahead, as what is due is [A7]")
{
    World world;
    world.not_met = busy();
    world.start(instruction({periodic("every", 3600s)}, {constrained(3)}));
    world.run_for(57s);
    Ahead ahead = world.engine->ahead(2s, world.now);
    CHECK(ahead.dues.empty());
    CHECK(ahead.next.monotonic == MonotonicTime(1058s));
    world.run_for(1s);
    ahead = world.engine->ahead(2s, world.now);
    REQUIRE(ahead.dues.size() == 1);
    CHECK(ahead.dues[0].intent == world.checks[0].intent);
    CHECK(ahead.dues[0].work->schedule.name == "s");
    CHECK_FALSE(ahead.next.monotonic);
}

TEST_CASE("without retries a trigger whose constraints are not met gives up at once [A7]")
{
    World world;
    world.not_met = busy();
    world.start(instruction({periodic("every", 60s)}, {constrained(0)}));
    world.run_for(10min - 1s);
    CHECK(world.count("s", OutcomeWord::not_met) == 10);
    CHECK(last_message(world) == kBusy);
    CHECK_FALSE(world.engine->next_wakeup().monotonic);

    World once;
    once.not_met = busy();
    once.start(instruction({periodic("every", 600s)}, {constrained(1, 5s)}));
    once.run_for(1min);
    CHECK(last_message(once) == "line-idle 3.1 Mb/s > 0.5 Mb/s, 1 retry, 5 s after a look");
}

TEST_CASE("a trigger waits for its constraints on the monotonic clock [A7]")
{
    for (const auto step : {std::chrono::nanoseconds(2h), std::chrono::nanoseconds(-2h)}) {
        World world;
        world.not_met = busy(1);
        world.start(instruction({periodic("every", 86400s)}, {constrained(1)}));
        world.run_for(10s);
        world.set_clock(step);
        world.run_for(50s - 1ns);
        CHECK(world.started.empty());
        world.run_for(2ns);
        CHECK(world.started.size() == 1);
    }
}

TEST_CASE("while a trigger waits for its constraints its schedule runs: later ones are overlapped [A7] [A13]")
{
    World world;
    world.not_met = busy();
    world.start(instruction({periodic("every", 60s)}, {constrained(3)}));
    world.run_for(180s + 1s);
    CHECK(world.count("s", OutcomeWord::not_met) == 1);
    CHECK(world.count("s", OutcomeWord::overlapped) == 3);
    CHECK(world.checks.size() == 4);
    world.run_for(60s);
    CHECK(world.checks.size() == 5);
}

TEST_CASE("a suppression that begins while a trigger waits for its constraints suppresses it [A6] [A7]")
{
    World world;
    world.not_met = busy();
    auto quiet = constrained(3, 60s, 2);
    quiet.suppression_tags = {"quiet"};
    world.start(instruction({periodic("every", 3600s), event("later", model::OneOff{kMonday + 90s})}, {quiet},
                            {suppression("m", "later", std::nullopt)}));
    world.run_for(1h - 1s);
    CHECK(world.checks.size() == 2);
    CHECK(world.count("s", OutcomeWord::suppressed) == 2);
    CHECK(world.count("s") == 2);
    CHECK(world.prevented[{"s", OutcomeWord::suppressed}] == 1);
    CHECK(last_message(world) == "by the suppression 'm'");
}

TEST_CASE("the end event of a schedule ends the waiting for its constraints [A5] [A7]")
{
    World world;
    world.not_met = busy();
    auto ending = constrained(3);
    ending.end = "until";
    const auto asked = instruction({periodic("every", 3600s), periodic("until", 3600s, 0s, kMonday + 90s)}, {ending});
    world.start(asked);
    world.run_for(1h - 1s);
    CHECK(world.count("s", OutcomeWord::not_met) == 1);
    CHECK(last_message(world) ==
          "line-idle 3.1 Mb/s > 0.5 Mb/s, 1 retry, 60 s after a look, then its end event 'until' came");

    // Where no answer is there yet, nothing is known of them.
    World slow;
    slow.check_time = 10min;
    slow.start(asked);
    slow.run_for(1h - 1s);
    CHECK(slow.count("s", OutcomeWord::interrupted) == 1);
    CHECK(last_message(slow) == "its end event 'until' came before its constraints were met");
    CHECK(slow.stopped.size() == 1);
    CHECK(slow.started.empty());
}

TEST_CASE("a duration is that of the actions, not of the waiting for their constraints [A5] [A7]")
{
    World world;
    world.not_met = busy(2);
    world.duration = [] { return 1h; };
    auto lasting = constrained(3);
    lasting.duration = 30s;
    world.start(instruction({periodic("every", 3600s)}, {lasting}));
    world.run_for(120s + 30s - 1ns);
    CHECK(world.stopped.empty());
    world.run_for(2ns);
    CHECK(world.stopped.size() == 1);
    CHECK(world.count("s", OutcomeWord::interrupted) == 1);
}

TEST_CASE(
    "a trigger that waits for its constraints is missed when its schedule is replaced, and goes on else [A7] [A15]")
{
    World world;
    world.not_met = busy(1);
    auto other = schedule_of("t", "every");
    const auto asked = instruction({periodic("every", 3600s)}, {constrained(3, 60s, 2), other});
    world.start(asked);
    world.run_for(30s);
    auto next = asked;
    next.schedules[1].tags = {"changed"};
    world.replace(next);
    world.run_for(31s);
    CHECK(world.count("s", OutcomeWord::completed) == 2);

    World changed;
    changed.not_met = busy();
    changed.check_time = 10s;
    changed.start(asked);
    changed.run_for(5s); // an answer is awaited
    next.schedules[0].retries.max = 4;
    changed.replace(next);
    CHECK(changed.count("s", OutcomeWord::missed) == 2);
    CHECK(last_message(changed) == "the instruction was replaced");
    changed.run_for(1h - 10s);
    CHECK(changed.count("s") == 2);
    CHECK(changed.engine->running().empty());
}

TEST_CASE("a trigger that waited for its constraints when the agent ended is missed, and said so [A7] [A13]")
{
    World world;
    world.not_met = busy();
    const auto asked = instruction({periodic("every", 3600s)}, {constrained(3, 60s, 2)});
    world.start(asked);
    world.run_for(90s);
    world.last_alive = world.now.wall;
    world.crash(10s);
    world.start(asked);
    CHECK(world.count("s", OutcomeWord::missed) == 2);
    CHECK(last_message(world) == "the agent ended before it could start");
    world.run_for(1h - 200s);
    CHECK(world.count("s") == 2);
}

TEST_CASE("an answer that nobody waits for changes nothing [A7]")
{
    World world;
    world.not_met = busy();
    world.start(instruction({periodic("every", 3600s)}, {constrained(1)}));
    world.run_for(1s);
    REQUIRE(world.checks.size() == 1);
    CHECK(world.engine->checked(world.checks[0].intent, true, "", world.now).empty()); // before the retry
    CHECK(world.engine->checked({}, true, "", world.now).empty());
    world.run_for(61s);
    CHECK(world.engine->checked(world.checks[0].intent, true, "", world.now).empty()); // it is accounted for
    CHECK(world.started.empty());
}

TEST_CASE("what an earlier suppression or an overlap decides needs no look at the constraints [A6] [A7]")
{
    World world;
    auto quiet = constrained(3);
    quiet.suppression_tags = {"quiet"};
    world.start(instruction({periodic("every", 60s)}, {quiet}, {suppression("m", std::nullopt, std::nullopt)}));
    world.run_for(1h - 1s);
    CHECK(world.checks.empty());
    CHECK(world.count("s", OutcomeWord::suppressed) == 60);
}

TEST_CASE("a schedule's constraints, their tasks and its retries are its configuration [A7] [A15]")
{
    const auto fingerprint = [](const model::Instruction &from) { return works_of(from).at(0).fingerprint; };
    const auto plain = instruction({periodic("every", 60s)}, {schedule_of("s", "every")});
    auto asked = plain;
    std::set<std::uint64_t> seen{fingerprint(asked)};
    const auto differs = [&](auto change) {
        change(asked.schedules[0]);
        CHECK(seen.insert(fingerprint(asked)).second);
    };
    const auto constraint = [](auto type) {
        return [type](model::Schedule &schedule) { schedule.constraints = {{"c", type}}; };
    };
    differs([](model::Schedule &schedule) { schedule.retries.max = 1; });
    differs([](model::Schedule &schedule) { schedule.retries.delay = 61s; });
    differs(constraint(model::LineIdle{std::nullopt, 1, 10s}));
    differs(constraint(model::LineIdle{"wan0", 1, 10s}));
    differs(constraint(model::LineIdle{"wan0", 2, 10s}));
    differs(constraint(model::LineIdle{"wan0", 2, 11s}));
    differs(constraint(model::InterfaceUp{"wan0"}));
    differs(constraint(model::OnBattery{false}));
    differs(constraint(model::OnBattery{true}));
    differs(constraint(model::LocalTimeWindow{60min, 120min}));
    differs(constraint(model::LocalTimeWindow{60min, 121min}));
    differs(constraint(model::DataBudgetLeft{1}));
    differs(constraint(model::MethodResult{"e", "t", "c", model::Comparison::less, "1"}));
    differs(constraint(model::MethodResult{"e", "t", "c", model::Comparison::equal, "1"}));
    asked.tasks[4].tags = {"changed"}; // e, which no action has
    CHECK(seen.insert(fingerprint(asked)).second);

    auto defaults = plain;
    defaults.schedules[0].retries = {0, 60s};
    CHECK(fingerprint(defaults) == fingerprint(plain));
}
