#include "spool_support.hpp"

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a new spool draws an epoch and keeps it")
{
    const TempDir dir;
    const auto first = open_spool(dir / "spool.db").epoch();
    CHECK_FALSE(first.is_nil());
    CHECK(open_spool(dir / "spool.db").epoch() == first);
    CHECK(open_spool(dir / "other.db").epoch() != first);
}

TEST_CASE("what was planned, started and ended is known after a restart [A13]")
{
    const TempDir dir;
    auto planned = intent_of("s", 20, {"a", "b"});
    planned.cycle_number = "20261124.040500";
    const auto running = intent_of("s", 10, {"a", "b", "c"});
    {
        auto spool = open_spool(dir / "spool.db");
        Change change;
        change.starts = true;
        change.instruction = StoredInstruction{"{}", "e1", at(1)};
        change.plan = {planned, running};
        change.progress = {{"s", 0xffff'ffff'ffff'fff0, at(20)}, {"gone", 1, at(0)}};
        REQUIRE(await(spool.record(change)));
        REQUIRE(await(spool.start(running.id, 0, running.id, "t", at(12))));
        REQUIRE(await(spool.end({{running.id, 0, outcome_of(running, 0), {}, {}, {}}})));
        REQUIRE(await(spool.start(running.id, 1, running.id, "t", at(13))));
        REQUIRE(await(spool.append(part_of(running, 7, 10, "b"), {"report"})));
        Change forget;
        forget.forget = {"gone"};
        REQUIRE(await(spool.record(forget)));
    }
    auto spool = open_spool(dir / "spool.db");
    const auto state = await(spool.open_state());
    REQUIRE(state);
    CHECK(state->instruction == StoredInstruction{"{}", "e1", at(1)});
    REQUIRE(state->progress.size() == 1);
    CHECK(state->progress[0] == Progress{"s", 0xffff'ffff'ffff'fff0, at(20)});
    CHECK(state->last_alive);
    CHECK(state->starts == 1);
    REQUIRE(state->intents.size() == 2);
    CHECK(state->intents[0].intent == running);
    CHECK(state->intents[1].intent == planned);
    const auto &actions = state->intents[0].actions;
    REQUIRE(actions.size() == 3);
    CHECK(actions[0].state == ActionState::ended);
    CHECK(actions[1].state == ActionState::started);
    CHECK(actions[1].run == Run{running.id, "t", at(13), 1, 7, 0});
    CHECK(actions[2].state == ActionState::planned);
    CHECK_FALSE(actions[2].run);
}

TEST_CASE("an action that an earlier process had started is accounted for with the rows that it had reported [A13]")
{
    const TempDir dir;
    const auto intent = intent_of("s", 10);
    {
        auto spool = open_spool(dir / "spool.db");
        Change change;
        change.plan = {intent};
        REQUIRE(await(spool.record(change)));
        REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", at(12))));
        REQUIRE(await(spool.append(part_of(intent, 7), {"report"})));
    }
    auto spool = open_spool(dir / "spool.db");
    Change change;
    change.account = {{outcome_of(intent, 0, model::OutcomeWord::interrupted), {"report"}}};
    change.close = {intent.id};
    REQUIRE(await(spool.record(change)));
    CHECK(await(spool.open_state())->intents.empty());
    const auto outcomes = outcomes_in(batch_of(spool));
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].word == model::OutcomeWord::interrupted);
    CHECK(outcomes[0].rows == 7);
}

TEST_CASE("an action starts once, ends once, and takes parts only in between")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10, {"a", "b"});
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    CHECK_FALSE(await(spool.record(change))); // the same intent again
    CHECK_FALSE(await(spool.append(part_of(intent, 1), {"report"})));
    CHECK_FALSE(await(spool.start(intent.id, 2, intent.id, "t", at(1))));
    CHECK_FALSE(await(spool.start(random_uuid(), 0, intent.id, "t", at(1))));
    REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", at(1))));
    CHECK_FALSE(await(spool.start(intent.id, 0, intent.id, "t", at(1))));
    const Ended ended{intent.id, 0, outcome_of(intent, 0), {"report"}, {}, {}};
    REQUIRE(await(spool.end({ended})));
    const auto twice = await(spool.end({ended}));
    REQUIRE_FALSE(twice);
    CHECK(twice.error().what.find("has ended") != std::string::npos);
    CHECK_FALSE(await(spool.append(part_of(intent, 1), {"report"})));
    CHECK(outcomes_in(batch_of(spool)).size() == 1);
}

TEST_CASE("of several ends that are recorded at once, all count or none")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10, {"a", "b"});
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    const Ended good{intent.id, 0, outcome_of(intent, 0, model::OutcomeWord::suppressed), {"report"}, {}, {}};
    auto bad = good;
    bad.action = 5;
    CHECK_FALSE(await(spool.end({good, bad})));
    CHECK(batch_of(spool).entries.empty());
    CHECK(await(spool.status())->tallies.empty());
    auto other = good;
    other.action = 1;
    other.outcome.action = "b";
    REQUIRE(await(spool.end({good, other})));
    CHECK(await(spool.open_state())->intents.empty());
    CHECK(outcomes_in(batch_of(spool)).size() == 2);
}

TEST_CASE("an intent that is closed without an outcome was never planned")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    Change withdraw;
    withdraw.close = {intent.id};
    REQUIRE(await(spool.record(withdraw)));
    CHECK(await(spool.open_state())->intents.empty());
    CHECK(batch_of(spool).entries.empty());
    CHECK(await(spool.status())->tallies.empty());
}

TEST_CASE("a change that fails leaves nothing of itself")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    Change change;
    change.instruction = StoredInstruction{"{}", "e1", at(1)};
    change.plan = {intent, intent};
    change.progress = {{"s", 1, at(10)}};
    CHECK_FALSE(await(spool.record(change)));
    const auto state = await(spool.open_state());
    CHECK_FALSE(state->instruction);
    CHECK(state->progress.empty());
    CHECK(state->intents.empty());
}
