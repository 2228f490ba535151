#include "spool_support.hpp"

#include <map>
#include <set>

using namespace sonde;
using namespace sonde::test;

namespace {

constexpr std::uint64_t kSmall = 512 * 1024;

// What the collector would know in the end: rows by run, and each run's newest outcome.
struct Received {
    std::map<Uuid, std::uint64_t> rows;
    std::map<Uuid, model::Outcome> outcomes;

    void take(Spool &spool, std::size_t max_bytes = 1 << 20)
    {
        for (bool more = true; more;) {
            const auto batch = batch_of(spool, "report", max_bytes);
            for (const auto &result : results_of(batch)) {
                if (!model::is_outcomes(result))
                    rows[result.run] += result.tables.at(0).rows.size();
                else
                    for (const auto &outcome : model::outcomes_of(result).value())
                        outcomes[outcome.run] = outcome;
            }
            more = batch.more;
            REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
        }
    }
};

} // namespace

TEST_CASE("a full spool drops the oldest results, keeps every outcome, and each says what of its rows was dropped")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", kSmall);
    std::vector<model::Intent> intents;
    for (int i = 0; i < 60; ++i) {
        intents.push_back(intent_of("s", i));
        run_whole(spool, intents.back(), 200, 100); // some 24 KB each
    }
    const auto status = await(spool.status());
    CHECK(status->used_bytes <= kSmall);
    CHECK(status->dropped.results > 30);
    CHECK(status->dropped.results < 50);
    CHECK(status->dropped.rows == status->dropped.results * 200);
    CHECK(status->dropped.outcomes == 0);
    CHECK(std::filesystem::file_size(dir / "spool.db") < kSmall + 256 * 1024);
    Received received;
    received.take(spool);
    CHECK(received.outcomes.size() == 60);
    std::size_t index = 0;
    for (const auto &intent : intents) {
        const auto &outcome = received.outcomes[intent.id];
        CHECK(outcome.rows == 200);
        CHECK(outcome.rows_dropped + received.rows[intent.id] == 200);
        CHECK(outcome.rows_dropped == (index++ < status->dropped.results ? 200 : 0));
    }
    const auto failures = await(spool.failures(10));
    REQUIRE(failures->size() == 1); // one, however often it happened
    CHECK(failures->front().failure.kind == "spool");
    // What has been lost since is another failure: the one before may have arrived.
    for (int i = 60; i < 100; ++i)
        run_whole(spool, intent_of("s", i), 200, 100);
    const auto later = await(spool.failures(10));
    REQUIRE(later->size() == 1);
    CHECK(later->front().failure.identity != failures->front().failure.identity);
    REQUIRE(await(spool.failures_told({failures->front().id})));
    CHECK(await(spool.failures(10))->size() == 1);
}

TEST_CASE("an outcome that was acknowledged before its rows were dropped is sent again")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", kSmall);
    const auto first = intent_of("s", 0);
    run_whole(spool, first, 200, 100);
    Received received;
    const auto batch = batch_of(spool);
    REQUIRE(batch.entries.size() == 2);
    // The collector takes the outcome and not yet the rows.
    REQUIRE(await(spool.acknowledge("report", {batch.entries[1].sequence})));
    for (int i = 1; i < 40; ++i)
        run_whole(spool, intent_of("s", i), 200, 100);
    const auto handed = batch_of(spool, "report", 10 << 20);
    CHECK(results_of(handed).at(0).run == first.id); // it may have arrived, so it stays longest
    for (int i = 40; i < 80; ++i) {
        run_whole(spool, intent_of("s", i), 200, 100);
        (void)batch_of(spool, "report", 10 << 20); // now all of them may have
    }
    received.take(spool);
    CHECK(received.rows.count(first.id) == 0);
    CHECK(received.outcomes[first.id].rows_dropped == 200);
    CHECK(received.outcomes.size() == 80);
}

TEST_CASE("parts of a running run that are dropped are in its outcome")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", kSmall);
    const auto intent = intent_of("s", 0);
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", at(1))));
    for (int i = 0; i < 60; ++i)
        REQUIRE(await(spool.append(part_of(intent, 200, 100), {"report"})));
    const auto open = await(spool.open_state());
    CHECK(open->intents.at(0).actions.at(0).run->rows == 60 * 200);
    CHECK(open->intents.at(0).actions.at(0).run->rows_dropped > 0);
    REQUIRE(await(spool.end({{intent.id, 0, outcome_of(intent, 60 * 200), {"report"}, {}, {}}})));
    Received received;
    received.take(spool);
    REQUIRE(received.outcomes.size() == 1);
    const auto &outcome = received.outcomes[intent.id];
    CHECK(outcome.rows_dropped > 0);
    CHECK(outcome.rows_dropped + received.rows[intent.id] == 60 * 200);
    CHECK(await(spool.open_state())->intents.empty());
}

TEST_CASE("what was set aside goes before anything that may still be delivered")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", kSmall);
    run_whole(spool, intent_of("s", 0), 200, 100);
    run_whole(spool, intent_of("s", 1), 200, 100);
    const auto batch = batch_of(spool);
    REQUIRE(await(spool.set_aside("report", {batch.entries[1].sequence}, "413", at(5))));
    int runs = 2;
    while (await(spool.what_was_set_aside())->size() == 1 && runs < 100)
        run_whole(spool, intent_of("s", runs++), 200, 100);
    const auto status = await(spool.status());
    CHECK(status->dropped.set_aside == 1);
    CHECK(status->dropped.results == 0);
}

TEST_CASE("how reports ended goes before anything that was measured")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", kSmall);
    constexpr std::uint64_t kReports = 600;
    Change change;
    for (std::uint64_t i = 0; i < kReports; ++i) {
        auto outcome = outcome_of(intent_of("report", static_cast<std::int64_t>(i)), 0, model::OutcomeWord::failed);
        outcome.message = std::string(100, 'm');
        change.account.push_back({outcome, {"report"}, true});
    }
    REQUIRE(await(spool.record(change)));
    std::uint64_t runs = 0;
    for (; await(spool.status())->dropped.results == 0 && runs < 100; ++runs)
        run_whole(spool, intent_of("s", static_cast<std::int64_t>(runs)), 200, 100);
    CHECK(await(spool.status())->dropped.outcomes == kReports);
    Received received;
    received.take(spool);
    CHECK(received.outcomes.size() == runs);
}

TEST_CASE("when only outcomes are left the oldest of them go, counted")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", kSmall);
    for (int i = 0; i < 40; ++i) {
        Change change;
        for (int j = 0; j < 100; ++j) {
            auto outcome = outcome_of(intent_of("s", i * 100 + j), 0, model::OutcomeWord::failed);
            outcome.message = std::string(100, 'm');
            change.account.push_back({outcome, {"report"}});
        }
        REQUIRE(await(spool.record(change)));
    }
    const auto status = await(spool.status());
    CHECK(status->used_bytes <= kSmall);
    CHECK(status->dropped.outcomes > 0);
    Received received;
    received.take(spool);
    CHECK(received.outcomes.size() + status->dropped.outcomes == 4000);
    std::uint64_t counted = 0;
    for (const auto &tally : status->tallies)
        counted += tally.count;
    CHECK(counted == 4000);
}

TEST_CASE("a spool opened with a smaller bound comes down to it with the next addition")
{
    const TempDir dir;
    {
        auto spool = open_spool(dir / "spool.db");
        for (int i = 0; i < 60; ++i)
            run_whole(spool, intent_of("s", i), 200, 100);
    }
    CHECK_FALSE(Spool::open({dir / "spool.db", 1000}));
    auto spool = open_spool(dir / "spool.db", kSmall);
    CHECK(await(spool.status())->used_bytes > kSmall);
    run_whole(spool, intent_of("s", 60), 1);
    CHECK(await(spool.status())->used_bytes <= kSmall);
}
