#include "spool_support.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

const Destination kInput = "input:7 compare a";

std::vector<std::uint64_t> waiting(Spool &spool, std::uint64_t after = 0, std::size_t max_bytes = 1 << 20)
{
    const auto batch = await(spool.inputs(kInput, after, max_bytes));
    REQUIRE(batch);
    return sequences_of(*batch);
}

void plan_and_start(Spool &spool, const model::Intent &intent)
{
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", intent.due())));
}

Ended ended_of(const model::Intent &intent, std::size_t rows, std::vector<Destination> destinations)
{
    return {intent.id, 0, outcome_of(intent, rows), {"report"}, part_of(intent, rows, 100), std::move(destinations)};
}

// Its results go there, its outcome to the report; 200 rows take some 24 KB.
void run_for(Spool &spool, const model::Intent &intent, std::size_t rows, std::vector<Destination> destinations)
{
    plan_and_start(spool, intent);
    REQUIRE(await(spool.end({ended_of(intent, rows, std::move(destinations))})));
}

// Once all is where it should be.
std::uint64_t rows_dropped(Spool &spool, const model::Intent &intent)
{
    std::uint64_t dropped = 0;
    for (bool more = true; more;) {
        const auto batch = batch_of(spool);
        for (const auto &outcome : outcomes_in(batch))
            if (outcome.run == intent.id)
                dropped = outcome.rows_dropped;
        more = batch.more;
        REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    }
    return dropped;
}

} // namespace

// "The output is stored temporarily since the Destination Schedules will in general not be running when output is
// passed to them."
TEST_CASE("what a run was given as its input waits until that run has ended, also over a kill [D2]")
{
    const TempDir dir;
    const auto first = intent_of("s", 10), second = intent_of("s", 20), taker = intent_of("compare", 30);
    std::vector<std::uint64_t> given;
    {
        auto spool = open_spool(dir / "spool.db");
        run_for(spool, first, 3, {"report", kInput});
        run_for(spool, second, 2, {kInput});
        plan_and_start(spool, taker);
        given = waiting(spool);
        REQUIRE(given.size() == 2);
        CHECK(waiting(spool, given[0]) == std::vector{given[1]});
        CHECK(waiting(spool, 0, 1) == std::vector{given[0]});
        // A report takes its part of them, and nothing of what is an input alone.
        const auto batch = batch_of(spool);
        CHECK(batch.entries.size() == 2); // the first run's rows, and the outcomes
        REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    }
    auto spool = open_spool(dir / "spool.db");
    CHECK(waiting(spool) == given);
    run_for(spool, intent_of("s", 40), 1, {kInput});
    Ended ended = ended_of(taker, 0, {"report"});
    ended.input = kInput;
    ended.taken = given;
    REQUIRE(await(spool.end({ended})));
    CHECK(waiting(spool).size() == 1);
    CHECK(waiting(spool).front() > given.back());
}

TEST_CASE("a run that still goes on is nobody's input, and then it is as a whole")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    plan_and_start(spool, intent);
    REQUIRE(await(spool.append(part_of(intent, 5), {kInput})));
    CHECK(waiting(spool).empty());
    REQUIRE(await(spool.end({ended_of(intent, 2, {kInput})})));
    CHECK(waiting(spool).size() == 2);
}

TEST_CASE("inputs that nobody takes any more are set aside, once, and the controller is told")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    run_for(spool, intent_of("s", 10), 3, {"report", kInput});
    run_for(spool, intent_of("s", 20), 3, {kInput});
    CHECK(await(spool.give_up_inputs(kInput, "it is gone", at(99))).value() == 2);
    CHECK(await(spool.give_up_inputs(kInput, "it is gone", at(99))).value() == 0);
    CHECK(waiting(spool).empty());
    CHECK(batch_of(spool).entries.size() == 2); // a collector still gets its own
    const auto aside = await(spool.what_was_set_aside());
    REQUIRE(aside->size() == 2);
    CHECK(aside->front().destination == kInput);
    CHECK(aside->front().reason == "it is gone");
    const auto failures = await(spool.failures(10));
    REQUIRE(failures->size() == 1);
    CHECK(failures->front().failure.path == kInput);
    CHECK(failures->front().failure.message.find("2 results") != std::string::npos);
}

TEST_CASE("of a full spool goes first what has arrived, which is no loss, then the oldest, which is told")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", 512 * 1024);
    const auto input_alone = intent_of("s", 0), arrived = intent_of("s", 1), fresh = intent_of("s", 2);
    run_for(spool, input_alone, 200, {kInput});
    run_for(spool, arrived, 200, {"report", kInput});
    for (bool more = true; more;) {
        const auto batch = batch_of(spool);
        more = batch.more;
        REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    }
    const auto given = waiting(spool);
    REQUIRE(given.size() == 2);
    run_for(spool, fresh, 200, {"report"});
    int filled = 0;
    for (; await(spool.status())->dropped.results < 2 && filled < 100; ++filled)
        run_for(spool, intent_of("s", 3 + filled), 200, {"report"});
    CHECK(await(spool.status())->dropped.results == 2);
    CHECK(waiting(spool).empty());
    CHECK(rows_dropped(spool, arrived) == 0);
    CHECK(rows_dropped(spool, fresh) == 0);
}

TEST_CASE("rows that were lost before a run took them are told in their outcome")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", 512 * 1024);
    const auto lost = intent_of("s", 0);
    run_for(spool, lost, 200, {kInput});
    for (int i = 0; await(spool.status())->dropped.results < 1 && i < 100; ++i)
        run_for(spool, intent_of("s", 2 + i), 200, {kInput});
    CHECK(waiting(spool).size() > 1);
    CHECK(await(spool.status())->dropped.rows == 200);
    CHECK(rows_dropped(spool, lost) == 200);
}
