#include "spool_support.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

std::vector<PastOutcome> past_of(Spool &spool, PastQuery query = {})
{
    auto past = await(spool.past(std::move(query)));
    REQUIRE(past);
    return std::move(*past);
}

Accounts accounts_at(Spool &spool, WallTime now)
{
    const auto accounts = await(spool.accounts(now));
    REQUIRE(accounts);
    return *accounts;
}

} // namespace

TEST_CASE("an outcome is remembered with what became of it, also when it is sent and gone")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto intent = intent_of("s", 10);
    run_whole(spool, intent, 2);
    auto past = past_of(spool);
    REQUIRE(past.size() == 1);
    CHECK(past[0].outcome.run == intent.id);
    CHECK(past[0].reported);
    CHECK_FALSE(past[0].handed);
    const auto parts = await(spool.waiting_parts(intent.id));
    REQUIRE(parts);
    REQUIRE(parts->size() == 1);
    CHECK(parts->front().rows == 2);

    const auto batch = batch_of(spool);
    past = past_of(spool);
    CHECK(past[0].handed);
    CHECK_FALSE(past[0].acknowledged);
    REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    past = past_of(spool);
    REQUIRE(past.size() == 1);
    CHECK(past[0].acknowledged);
    CHECK(await(spool.waiting_parts(intent.id))->empty());
    CHECK(batch_of(spool).entries.empty());
}

TEST_CASE(
    "what is past is found by its schedule, by any time from its trigger to its end, and by the beginning of its run")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    Change change;
    auto early = outcome_of(intent_of("a", 10), 0), late = outcome_of(intent_of("b", 100), 0);
    early.end = at(50);
    late.end.reset();
    late.last_event = at(200);
    change.account = {{early, {"report"}}, {late, {}}};
    REQUIRE(await(spool.record(change)));
    const auto runs = [&](PastQuery query) {
        std::string text;
        for (const PastOutcome &one : past_of(spool, std::move(query)))
            text += one.outcome.schedule;
        return text;
    };
    CHECK(runs({}) == "ab");
    CHECK(runs({.schedule = "a"}) == "a");
    CHECK(runs({.from = at(40), .to = at(60)}) == "a");
    CHECK(runs({.from = at(150), .to = at(160)}) == "b");
    CHECK(runs({.from = at(60), .to = at(90)}).empty());
    CHECK(runs({.run = to_string(late.run).substr(0, 8)}) == "b");
    CHECK(runs({.limit = 1}) == "b");
}

TEST_CASE("accounts are of what a collector is to have, and name the oldest that waits")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    CHECK_FALSE(accounts_at(spool, at(0)).waiting_since);
    Change change;
    auto range = outcome_of(intent_of("s", 10), 0, model::OutcomeWord::missed);
    range.count = 5;
    change.account = {{range, {"report"}}, {outcome_of(intent_of("own", 5), 0), {}}};
    change.plan = {intent_of("s", 20), intent_of("s", 1000)};
    REQUIRE(await(spool.record(change)));
    auto accounts = accounts_at(spool, at(30));
    CHECK(accounts.reported == 5);
    CHECK(accounts.acknowledged == 0);
    CHECK(accounts.waiting_since == at(10));
    REQUIRE(await(spool.acknowledge("report", sequences_of(batch_of(spool)))));
    accounts = accounts_at(spool, at(30));
    CHECK(accounts.acknowledged == 5);
    CHECK(accounts.waiting_since == at(20)); // due, and not begun
    REQUIRE(await(spool.start(change.plan[0].id, 0, change.plan[0].id, "t", at(22))));
    CHECK_FALSE(accounts_at(spool, at(30)).waiting_since); // what runs is not late
}

TEST_CASE("an outcome that is refused for good is waited for no longer")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    Change change;
    change.account = {{outcome_of(intent_of("s", 10), 0, model::OutcomeWord::missed), {"report"}}};
    REQUIRE(await(spool.record(change)));
    REQUIRE(await(spool.set_aside("report", sequences_of(batch_of(spool)), "422", at(20))));
    CHECK_FALSE(accounts_at(spool, at(30)).waiting_since);
}

TEST_CASE("each half of an entry that was taken apart is acknowledged for its own outcomes")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    Change change;
    for (int i = 0; i < 4; ++i)
        change.account.push_back({outcome_of(intent_of("s", i), 0, model::OutcomeWord::missed), {"report"}});
    REQUIRE(await(spool.record(change)));
    REQUIRE(*await(spool.take_apart("report", batch_of(spool).entries.front().sequence)));
    const auto halves = sequences_of(batch_of(spool));
    REQUIRE(halves.size() == 2);
    REQUIRE(await(spool.acknowledge("report", {halves[0]})));
    std::string acknowledged;
    for (const PastOutcome &one : past_of(spool))
        acknowledged += one.acknowledged ? 'y' : 'n';
    CHECK(acknowledged == "yynn");
}

TEST_CASE("the newest outcomes are remembered, and a full spool forgets them before it drops anything")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", 512 * 1024);
    for (int round = 0; round < 30; ++round) {
        Change change;
        for (int i = 0; i < 100; ++i) {
            auto outcome = outcome_of(intent_of("s", round * 100 + i), 0);
            outcome.message = std::string(200, 'x');
            change.account.push_back({std::move(outcome), {}});
        }
        REQUIRE(await(spool.record(change)));
    }
    const auto status = await(spool.status());
    REQUIRE(status);
    CHECK(status->used_bytes <= status->max_bytes);
    CHECK(status->dropped.outcomes == 0);
    CHECK(status->failures_waiting == 0);
    PastQuery query;
    query.limit = 10'000;
    const auto past = past_of(spool, query);
    CHECK(past.size() > 100);
    CHECK(past.size() <= 2000);
    CHECK(past.back().outcome.first_event == at(2999));
}
