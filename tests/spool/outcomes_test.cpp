#include "spool_support.hpp"

using namespace sonde;
using namespace sonde::test;

TEST_CASE("an outcome comes back as it was recorded [A13]")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    auto outcome = outcome_of(intent, 0, model::OutcomeWord::failed);
    outcome.status = -11;
    outcome.blame = model::Blame::platform;
    outcome.message = "killed by SIGSEGV \"here\"";
    outcome.count = 3;
    outcome.last_event = at(30);
    outcome.sent_bytes = 5'000'000'000;
    outcome.received_bytes = 7;
    outcome.start.reset();
    Change change;
    change.account = {{outcome, {"report"}}};
    REQUIRE(await(spool.record(change)));
    const auto outcomes = outcomes_in(batch_of(spool));
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0] == outcome);
}

TEST_CASE("outcomes share an entry and come after the results before them")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    for (int i = 0; i < 3; ++i)
        run_whole(spool, intent_of("s", i), 2);
    const auto batch = batch_of(spool);
    const auto results = results_of(batch);
    REQUIRE(results.size() == 4);
    CHECK(model::is_outcomes(results[3]));
    CHECK(outcomes_in(batch).size() == 3);
    run_whole(spool, intent_of("s", 4), 2);
    const auto later = results_of(batch_of(spool));
    REQUIRE(later.size() == 6); // what was handed out stays as it was
    CHECK(later[3].identity == results[3].identity);
    CHECK(outcomes_in(batch_of(spool)).size() == 4);
}

TEST_CASE("many outcomes are split to fit the batch")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    Change change;
    for (int i = 0; i < 300; ++i)
        change.account.push_back({outcome_of(intent_of("s", i), 0, model::OutcomeWord::missed), {"report"}});
    REQUIRE(await(spool.record(change)));
    std::size_t outcomes = 0;
    int rounds = 0;
    for (bool more = true; more && rounds < 100; ++rounds) {
        const auto batch = batch_of(spool, "report", 30'000);
        std::size_t bytes = 0;
        for (const auto &entry : batch.entries)
            bytes += entry.json.size();
        CHECK(bytes <= 30'000);
        outcomes += outcomes_in(batch).size();
        more = batch.more;
        REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    }
    CHECK(outcomes == 300);
    CHECK(rounds > 2);
    CHECK(rounds < 20);
    CHECK(batch_of(spool).entries.empty());
}

TEST_CASE("an outcome without a destination is only counted")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    auto missed = outcome_of(intent_of("s", 1), 0, model::OutcomeWord::missed);
    missed.count = 40;
    Change change;
    change.account = {{missed, {}}};
    REQUIRE(await(spool.record(change)));
    missed.run = random_uuid();
    change.account = {{missed, {}}};
    REQUIRE(await(spool.record(change)));
    CHECK(batch_of(spool).entries.empty());
    const auto status = await(spool.status());
    REQUIRE(status->tallies.size() == 1);
    CHECK(status->tallies[0].schedule == "s");
    CHECK(status->tallies[0].word == model::OutcomeWord::missed);
    CHECK(status->tallies[0].count == 80);
}

TEST_CASE("the status says what waits for whom")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    run_whole(spool, intent_of("s", 1), 2, 10, {"one"});
    run_whole(spool, intent_of("s", 2), 2, 10, {"one", "two"});
    (void)batch_of(spool, "two");
    const auto status = await(spool.status());
    REQUIRE(status);
    CHECK(status->epoch == spool.epoch());
    CHECK(status->used_bytes > 0);
    CHECK(status->used_bytes < status->max_bytes);
    REQUIRE(status->pending.size() == 2);
    CHECK(status->pending[0].destination == "one");
    CHECK(status->pending[0].results == 2);
    CHECK(status->pending[0].outcomes == 2);
    CHECK(status->pending[0].bytes > 100);
    CHECK(status->pending[1].destination == "two");
    CHECK(status->pending[1].results == 1);
    CHECK(status->pending[1].outcomes == 1);
}

TEST_CASE("an entry of outcomes is taken apart to single ones, and what was said later of a run is still heard later")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    Change change;
    std::vector<Uuid> runs;
    const auto account = [&](const model::Outcome &outcome) {
        change.account = {{outcome, {"report"}}};
        REQUIRE(await(spool.record(change)));
    };
    for (int i = 0; i < 5; ++i) {
        account(outcome_of(intent_of("s", i), 0, model::OutcomeWord::missed));
        runs.push_back(change.account.front().outcome.run);
    }
    REQUIRE(batch_of(spool).entries.size() == 1);
    model::Outcome again = change.account.front().outcome;
    again.rows_dropped = 7;
    account(again);
    const auto both = batch_of(spool);
    REQUIRE(both.entries.size() == 2);
    CHECK_FALSE(*await(spool.take_apart("report", both.entries[1].sequence)));
    CHECK_FALSE(*await(spool.take_apart("another", both.entries[0].sequence)));
    // Always the first one that can be.
    for (int halvings = 0; halvings < 4; ++halvings) {
        bool apart = false;
        for (const auto sequence : sequences_of(batch_of(spool)))
            if (!apart)
                apart = *await(spool.take_apart("report", sequence));
        REQUIRE(apart);
    }
    const auto single = batch_of(spool);
    REQUIRE(single.entries.size() == 6);
    CHECK(single.entries.front().sequence > both.entries.back().sequence);
    const auto outcomes = outcomes_in(single);
    REQUIRE(outcomes.size() == 6);
    for (std::size_t i = 0; i < runs.size(); ++i)
        CHECK(outcomes[i].run == runs[i]);
    CHECK(outcomes[5] == again);
    for (const auto sequence : sequences_of(single))
        CHECK_FALSE(*await(spool.take_apart("report", sequence)));
    REQUIRE(await(spool.acknowledge("report", sequences_of(single))));
    CHECK(batch_of(spool).entries.empty());
}
