#include "spool_support.hpp"

using namespace sonde;
using namespace sonde::test;

// "The output is stored temporarily since the Destination Schedules will in general not be running when output is
// passed to them."
TEST_CASE("a result waits until it is acknowledged, and comes again as the same entry until then [D2]")
{
    const TempDir dir;
    const auto intent = intent_of("s", 10);
    std::vector<std::uint64_t> sequences;
    std::string first;
    {
        auto spool = open_spool(dir / "spool.db");
        run_whole(spool, intent, 3);
        const auto batch = batch_of(spool);
        REQUIRE(batch.entries.size() == 2); // the rows, then the outcome
        CHECK_FALSE(batch.more);
        sequences = sequences_of(batch);
        first = batch.entries[0].json;
    }
    auto spool = open_spool(dir / "spool.db");
    const auto again = batch_of(spool);
    CHECK(sequences_of(again) == sequences);
    CHECK(again.entries[0].json == first);
    const auto results = results_of(again);
    CHECK(results[0].identity.epoch == spool.epoch());
    CHECK(results[0].tables.at(0).rows.size() == 3);
    CHECK(results[0].part == 0);
    CHECK(results[0].last);
    REQUIRE(await(spool.acknowledge("report", {sequences[0]})));
    CHECK(sequences_of(batch_of(spool)) == std::vector{sequences[1]});
    REQUIRE(await(spool.acknowledge("report", {sequences[1], 999})));
    CHECK(batch_of(spool).entries.empty());
}

TEST_CASE("a sequence number is never given twice, also when all results are gone")
{
    const TempDir dir;
    std::uint64_t last = 0;
    for (int i = 0; i < 3; ++i) {
        auto spool = open_spool(dir / "spool.db");
        run_whole(spool, intent_of("s", i), 1);
        const auto sequences = sequences_of(batch_of(spool));
        CHECK(sequences.front() > last);
        last = sequences.back();
        REQUIRE(await(spool.acknowledge("report", sequences)));
    }
}

TEST_CASE("a big run spans numbered parts, the last one marked")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", at(12))));
    REQUIRE(await(spool.append(part_of(intent, 5), {"report"})));
    REQUIRE(await(spool.append(part_of(intent, 6), {"report"})));
    REQUIRE(await(spool.end({{intent.id, 0, outcome_of(intent, 18), {"report"}, part_of(intent, 7), {"report"}}})));
    const auto results = results_of(batch_of(spool));
    REQUIRE(results.size() == 4);
    for (std::uint32_t i = 0; i < 3; ++i) {
        CHECK(results[i].part == i);
        CHECK(results[i].last == (i == 2));
        CHECK(results[i].tables.at(0).rows.size() == 5 + i);
        CHECK(results[i].run == intent.id);
    }
}

TEST_CASE("a result for two destinations is one entry that each of them acknowledges [A8]")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    run_whole(spool, intent_of("s", 10), 3, 10, {"one", "two", "one"});
    const auto one = batch_of(spool, "one");
    const auto two = batch_of(spool, "two");
    REQUIRE(one.entries.size() == 2);
    REQUIRE(two.entries.size() == 2);
    CHECK(one.entries[0].sequence == two.entries[0].sequence);
    REQUIRE(await(spool.acknowledge("one", sequences_of(one))));
    CHECK(batch_of(spool, "one").entries.empty());
    CHECK(sequences_of(batch_of(spool, "two")) == sequences_of(two));
    CHECK(batch_of(spool, "three").entries.empty());
}

TEST_CASE("a result without a destination is not kept")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", at(12))));
    REQUIRE(await(spool.append(part_of(intent, 5), {})));
    REQUIRE(await(spool.end({{intent.id, 0, outcome_of(intent, 5), {"report"}, part_of(intent, 5), {}}})));
    const auto results = results_of(batch_of(spool));
    REQUIRE(results.size() == 1);
    CHECK(model::is_outcomes(results[0]));
}

TEST_CASE("a batch is bounded, but never empty while something waits")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    for (int i = 0; i < 5; ++i)
        run_whole(spool, intent_of("s", i), 100, 100); // some 12 KB each
    auto batch = batch_of(spool, "report", 30'000);
    CHECK(batch.entries.size() == 2);
    CHECK(batch.more);
    batch = batch_of(spool, "report", 1);
    CHECK(batch.entries.size() == 1);
    CHECK(batch.more);
    std::size_t entries = 0;
    std::size_t rounds = 0;
    for (bool more = true; more; ++rounds) {
        batch = batch_of(spool, "report", 30'000);
        more = batch.more;
        entries += batch.entries.size();
        REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    }
    CHECK(entries == 6);
    CHECK(rounds == 3);
    CHECK_FALSE(batch_of(spool).more);
}

TEST_CASE("a refused result is set aside, visible, and told as a failure")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    run_whole(spool, intent_of("s", 10), 3);
    const auto batch = batch_of(spool);
    REQUIRE(await(spool.set_aside("report", {batch.entries[0].sequence}, "400: no such table", at(99))));
    CHECK(sequences_of(batch_of(spool)) == std::vector{batch.entries[1].sequence});
    const auto aside = await(spool.what_was_set_aside());
    REQUIRE(aside);
    REQUIRE(aside->size() == 1);
    CHECK(aside->front().sequence == batch.entries[0].sequence);
    CHECK(aside->front().destination == "report");
    CHECK(aside->front().reason == "400: no such table");
    CHECK(aside->front().when == at(99));
    CHECK(aside->front().bytes == batch.entries[0].json.size());
    const auto failures = await(spool.failures(10));
    REQUIRE(failures->size() == 1);
    CHECK(failures->front().failure.kind == "report");
    CHECK(failures->front().failure.message.find("400: no such table") != std::string::npos);
    CHECK(await(spool.status())->set_aside == 1);
}

TEST_CASE("a part that no report could carry is an error, and the run goes on")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", at(12))));
    const auto huge = await(spool.append(part_of(intent, 400, 50'000), {"report"}));
    REQUIRE_FALSE(huge);
    CHECK(huge.error().hint == "append smaller parts");
    REQUIRE(await(spool.append(part_of(intent, 4), {"report"})));
    CHECK(results_of(batch_of(spool)).at(0).part == 0);
}
