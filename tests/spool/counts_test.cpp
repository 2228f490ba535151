#include "spool_support.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

void plan(Spool &spool, const model::Intent &intent)
{
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
}

void run_action(Spool &spool, const model::Intent &intent, std::size_t number, model::OutcomeWord word,
                std::int32_t status = 0, const std::string &message = "")
{
    const Uuid run = random_uuid();
    REQUIRE(await(spool.start(intent.id, number, run, "t", intent.due())));
    auto outcome = outcome_of(intent, 0, word, intent.actions[number]);
    outcome.run = run;
    outcome.status = status;
    outcome.message = message;
    REQUIRE(await(spool.end({{intent.id, number, outcome, {}, {}, {}}})));
}

ScheduleCounts counts_of(Spool &spool, const std::string &schedule)
{
    const auto all = await(spool.counts());
    REQUIRE(all);
    for (const auto &one : *all)
        if (one.schedule == schedule)
            return one;
    return {};
}

} // namespace

// "Number of failed executions of this Schedule."
// "A failed execution is an execution where at least one Action failed."
// "Number of failed executions of this Action."
// "The date and time of the last invocation of this Schedule."
// "The date and time of the last invocation of this Action."
// "The date and time of the last completion of this Action."
// "The status code returned by the last execution of this Action."
// "The status message produced by the last execution of this Action."
// "The date and time of the last failed completion of this Action."
// "The status code returned by the last failed execution of this Action."
// "The status message produced by the last failed execution of this Action."
TEST_CASE("'A failed execution is an execution where at least one Action failed', and counts once [A13]")
{
    const TempDir dir;
    {
        auto spool = open_spool(dir / "spool.db");
        const auto good = intent_of("s", 10, {"a", "b"});
        plan(spool, good);
        run_action(spool, good, 0, model::OutcomeWord::completed);
        run_action(spool, good, 1, model::OutcomeWord::completed, 0, "well");
        const auto bad = intent_of("s", 20, {"a", "b"});
        plan(spool, bad);
        run_action(spool, bad, 0, model::OutcomeWord::failed, 7, "no route");
        run_action(spool, bad, 1, model::OutcomeWord::refused, 101, "forbidden");
        const auto after = intent_of("s", 30, {"a", "b"});
        plan(spool, after);
        run_action(spool, after, 0, model::OutcomeWord::completed, 0, "fine");
    }
    auto spool = open_spool(dir / "spool.db"); // they survive a restart
    const auto found = counts_of(spool, "s");
    CHECK(found.counts == Counts{3, 0, 0, 1, at(30) + 1500ms});
    REQUIRE(found.actions.size() == 2);
    const ActionCounts &a = found.actions[0];
    CHECK(a.action == "a");
    CHECK(a.counts == Counts{3, 0, 0, 1, at(30) + 1500ms});
    CHECK(a.last_completion == at(30) + 4500ms);
    CHECK(a.last_status == 0);
    CHECK(a.last_message == "fine");
    CHECK(a.last_failed_completion == at(20) + 4500ms);
    CHECK(a.last_failed_status == 7);
    CHECK(a.last_failed_message == "no route");
    const ActionCounts &b = found.actions[1];
    CHECK(b.counts == Counts{2, 0, 0, 1, at(20) + 1500ms});
    CHECK(b.last_status == 101);
    CHECK(b.last_failed_message == "forbidden");
}

// "Number of invocations of this Schedule."
// "This counter does not include suppressed invocations or invocations that were prevented due to an overlap with a
// previous invocation of this Schedule."
// "Number of invocations of this Action."
// "This counter does not include suppressed invocations or invocations that were prevented due to an overlap with a
// previous invocation of this Action."
// "Number of suppressed executions of this Schedule."
// "Number of suppressed executions of this Action."
// "Number of executions prevented due to overlaps with a previous invocation of this Schedule."
// "Number of executions prevented due to overlaps with a previous invocation of this Action."
TEST_CASE(
    "invocations 'do not include suppressed invocations or invocations that were prevented due to an overlap' [A13]")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10, {"a", "b"});
    plan(spool, intent);
    run_action(spool, intent, 0, model::OutcomeWord::completed);
    Change change;
    // The action `b` of a run, by a tag of its own; then whole triggers.
    change.account.push_back({outcome_of(intent, 0, model::OutcomeWord::suppressed, "b"), {}});
    change.close = {intent.id};
    const auto whole = [&](model::OutcomeWord word, std::uint64_t count) {
        for (const char *action : {"a", "b"}) {
            auto outcome = outcome_of(intent, 0, word, action);
            outcome.run = random_uuid();
            outcome.count = count;
            change.account.push_back({outcome, {}});
        }
        change.prevented.push_back({"s", word, count});
    };
    whole(model::OutcomeWord::suppressed, 3);
    whole(model::OutcomeWord::overlapped, 5);
    REQUIRE(await(spool.record(change)));
    const auto found = counts_of(spool, "s");
    CHECK(found.counts == Counts{1, 3, 5, 0, intent.due()});
    REQUIRE(found.actions.size() == 2);
    CHECK(found.actions[0].counts == Counts{1, 3, 5, 0, intent.due()});
    CHECK(found.actions[1].counts == Counts{0, 4, 5, 0, std::nullopt});
    CHECK(await(spool.open_state())->intents.empty());
}

TEST_CASE(
    "an action that the agent's end interrupted is a failed execution, one that it kept from its turn is none [A13]")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10, {"a", "b"});
    plan(spool, intent);
    const Uuid run = random_uuid();
    REQUIRE(await(spool.start(intent.id, 0, run, "t", intent.due())));
    Change change;
    auto outcome = outcome_of(intent, 0, model::OutcomeWord::interrupted);
    outcome.run = run;
    outcome.end.reset();
    change.account.push_back({outcome, {}});
    outcome.action = "b";
    outcome.run = random_uuid();
    change.account.push_back({outcome, {}});
    change.close = {intent.id};
    REQUIRE(await(spool.record(change)));
    const auto found = counts_of(spool, "s");
    CHECK(found.counts == Counts{1, 0, 0, 1, intent.due()});
    REQUIRE(found.actions.size() == 1);
    CHECK(found.actions[0].counts == Counts{1, 0, 0, 1, intent.due()});
    CHECK_FALSE(found.actions[0].last_completion);
}

TEST_CASE("how far suppressions have come and whether the Controller is lost survive a restart [A5]")
{
    const TempDir dir;
    {
        auto spool = open_spool(dir / "spool.db");
        CHECK_FALSE(await(spool.open_state())->controller_lost);
        Change change;
        change.suppressions = {{"x", 0xffff'ffff'ffff'fff0, true, at(20), at(25)}, {"y", 1, false, {}, {}}};
        change.controller_lost = true;
        REQUIRE(await(spool.record(change)));
        change = {};
        change.suppressions = {{"x", 2, true, {}, {}}};
        change.forget_suppressions = {"y"};
        REQUIRE(await(spool.record(change)));
    }
    auto spool = open_spool(dir / "spool.db");
    const auto state = await(spool.open_state());
    CHECK(state->suppressions == std::vector<SuppressionProgress>{{"x", 2, true, {}, {}}});
    CHECK(state->controller_lost);
    Change change;
    change.controller_lost = false;
    REQUIRE(await(spool.record(change)));
    CHECK_FALSE(await(spool.open_state())->controller_lost);
}

TEST_CASE("a run that the instruction has interrupted is no failure [A13]")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    for (const bool as_instructed : {true, false}) {
        const auto intent = intent_of("s", as_instructed ? 10 : 20, {"a"});
        plan(spool, intent);
        const Uuid run = random_uuid();
        REQUIRE(await(spool.start(intent.id, 0, run, "t", intent.due())));
        auto outcome = outcome_of(intent, 0, model::OutcomeWord::interrupted, "a");
        outcome.run = run;
        outcome.message = "its duration of 60 s was over";
        REQUIRE(await(spool.end({{intent.id, 0, outcome, {}, {}, {}, as_instructed}})));
        const auto found = counts_of(spool, "s");
        CHECK(found.counts.failures == (as_instructed ? 0 : 1));
        CHECK(found.actions.at(0).counts.failures == (as_instructed ? 0 : 1));
        CHECK(found.actions.at(0).last_message == outcome.message);
    }
}

TEST_CASE("the counters of a schedule go with it, and those of another one of its name begin anew [A13] [A15]")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto done = intent_of("s", 10, {"a"}), other = intent_of("t", 10, {"a"});
    plan(spool, done);
    plan(spool, other);
    run_action(spool, done, 0, model::OutcomeWord::failed);
    run_action(spool, other, 0, model::OutcomeWord::completed);
    const auto runs = intent_of("s", 20, {"a", "b"});
    plan(spool, runs);
    const Uuid run = random_uuid();
    REQUIRE(await(spool.start(runs.id, 0, run, "t", runs.due())));

    const auto never = intent_of("s", 25, {"a", "b"});
    plan(spool, never);

    const auto next = intent_of("s", 30, {"a"});
    Change change;
    change.forget_counts = {"s"};
    change.plan = {next};
    change.prevented = {{"s", model::OutcomeWord::overlapped, 3}}; // of the former one
    REQUIRE(await(spool.record(change)));
    CHECK(counts_of(spool, "s").schedule.empty());
    CHECK(counts_of(spool, "t").counts.invocations == 1);

    // What still ran of the former one, and what was on its way to begin.
    auto outcome = outcome_of(runs, 0, model::OutcomeWord::interrupted, "a");
    outcome.run = run;
    REQUIRE(await(spool.end({{runs.id, 0, outcome, {}, {}, {}}})));
    run_action(spool, runs, 1, model::OutcomeWord::failed);
    CHECK(counts_of(spool, "s").schedule.empty());
    // What of it did not even begin.
    change = {};
    change.account.push_back({outcome_of(never, 0, model::OutcomeWord::suppressed, "b"), {}});
    change.account.back().outcome.run = never.id; // as what did not start
    change.close = {never.id};
    REQUIRE(await(spool.record(change)));
    CHECK(counts_of(spool, "s").schedule.empty());

    run_action(spool, next, 0, model::OutcomeWord::completed);
    CHECK(counts_of(spool, "s").counts.invocations == 1);
    CHECK(counts_of(spool, "s").counts.failures == 0);
}

// "The amount of secondary storage (e.g., allocated in a file system) holding temporary data allocated to the Schedule
// in bytes."
// "This object reports the amount of allocated physical storage and not the storage used by logical data records."
TEST_CASE("the storage of a schedule is what its results that wait take of the file, in pages where they are big [B3]")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto used = [&] { return await(spool.status())->used_bytes; };
    run_whole(spool, intent_of("small", 10), 3);
    const std::uint64_t before = used();
    run_whole(spool, intent_of("big", 20), 2000, 100, {"elsewhere"});
    const std::uint64_t grown = used() - before;

    const auto small = counts_of(spool, "small");
    CHECK(small.counts.storage_bytes > 0);
    CHECK(small.counts.storage_bytes < 4096);
    const auto big = counts_of(spool, "big");
    CHECK(big.counts.storage_bytes > 200'000);
    CHECK(big.counts.storage_bytes % 4096 == 0);
    REQUIRE(big.actions.size() == 1);
    CHECK(big.actions[0].counts.storage_bytes == big.counts.storage_bytes);
    CHECK(grown + 8 * 4096 > big.counts.storage_bytes);
    CHECK(grown < big.counts.storage_bytes + 8 * 4096);

    // What still runs, of a schedule that has no counters any more.
    const auto running = intent_of("gone", 30);
    plan(spool, running);
    REQUIRE(await(spool.start(running.id, 0, running.id, "t", running.due())));
    REQUIRE(await(spool.append(part_of(running, 5), {"report"})));
    Change change;
    change.forget_counts = {"gone"};
    REQUIRE(await(spool.record(change)));
    CHECK(counts_of(spool, "gone").counts.storage_bytes > 0);

    REQUIRE(await(spool.acknowledge("elsewhere", sequences_of(batch_of(spool, "elsewhere")))));
    CHECK(counts_of(spool, "big").counts.storage_bytes == 0);
    CHECK(counts_of(spool, "small").counts.storage_bytes == small.counts.storage_bytes);
}
