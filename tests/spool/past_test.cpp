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
    const WallTime before = now().wall;
    Change change;
    auto range = outcome_of(intent_of("s", 10), 0, model::OutcomeWord::missed);
    range.count = 5;
    change.account = {{range, {"report"}}, {outcome_of(intent_of("own", 5), 0), {}}};
    change.plan = {intent_of("s", 20), intent_of("s", 1000)};
    REQUIRE(await(spool.record(change)));
    auto accounts = accounts_at(spool, at(20)); // no trigger is due
    CHECK(accounts.reported == 5);
    CHECK(accounts.acknowledged == 0);
    REQUIRE(accounts.open.size() == 1); // though it is not due yet
    CHECK(accounts.open[0].schedule == "s");
    CHECK(accounts.open[0].action == change.plan[0].actions[0]);
    CHECK(accounts.open[0].count == 1);
    CHECK(accounts_at(spool, at(19)).open.empty());
    CHECK(accounts_at(spool, at(1000)).open[0].count == 2);
    Change other;
    other.instruction = StoredInstruction{.text = "{}", .etag = "e", .applied_at = at(21)};
    REQUIRE(await(spool.record(other)));
    CHECK(accounts_at(spool, at(1000)).open[0].count == 1);
    CHECK(accounts_at(spool, at(20)).open[0].count == 1); // the clock was set back
    // Since it is known, however long ago the triggers were that passed.
    CHECK(accounts.waiting_since >= before);
    CHECK(accounts.waiting_since <= now().wall);
    REQUIRE(await(spool.acknowledge("report", sequences_of(batch_of(spool)))));
    accounts = accounts_at(spool, at(30));
    CHECK(accounts.acknowledged == 5);
    CHECK(accounts.waiting_since == change.plan[0].due()); // and not begun
    REQUIRE(await(spool.start(change.plan[0].id, 0, change.plan[0].id, "t", at(22))));
    CHECK_FALSE(accounts_at(spool, at(30)).waiting_since); // what runs is not late
}

TEST_CASE("how a report ended goes along with what is reported anyway, or with many of its kind, and none waits for it")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    const auto record = [&](const std::string &schedule, bool goes_along) {
        Change change;
        change.account = {{outcome_of(intent_of(schedule, 10), 0), {"report"}, goes_along}};
        REQUIRE(await(spool.record(change)));
    };
    record("report", true);
    CHECK(batch_of(spool).entries.empty());
    CHECK_FALSE(accounts_at(spool, at(100)).waiting_since);
    CHECK(accounts_at(spool, at(100)).reported == 0);
    CHECK(await(spool.status())->pending.at(0).outcomes == 0);
    CHECK(past_of(spool).at(0).reported);

    record("s", false);
    auto batch = batch_of(spool);
    CHECK(outcomes_in(batch).size() == 2);
    CHECK_FALSE(batch.more);
    record("report", true);
    CHECK(sequences_of(batch_of(spool)).front() == sequences_of(batch).front());
    CHECK(past_of(spool).at(0).handed);
    REQUIRE(await(spool.acknowledge("report", sequences_of(batch_of(spool)))));
    CHECK(accounts_at(spool, at(100)).acknowledged == 1);
    for (const PastOutcome &one : past_of(spool))
        CHECK(one.acknowledged);

    // Where nothing else comes: whoever asks for all gets it, and a report that there are many for.
    record("report", true);
    CHECK(batch_of(spool).entries.empty());
    CHECK(await(spool.batch("report", 1 << 20, true))->entries.size() == 1);
    REQUIRE(await(spool.acknowledge("report", sequences_of(batch_of(spool)))));
    for (int i = 0; i < 99; ++i)
        record("report", true);
    CHECK(batch_of(spool).entries.empty());
    record("report", true);
    batch = batch_of(spool);
    CHECK(outcomes_in(batch).size() == 100);
    CHECK_FALSE(batch.more);
}

TEST_CASE("of several collectors the first that an outcome is handed to acknowledges it")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    Change change;
    change.account = {{outcome_of(intent_of("s", 10), 0), {"report", "other"}}};
    REQUIRE(await(spool.record(change)));
    const auto first = batch_of(spool);
    REQUIRE(batch_of(spool, "other").entries.size() == 1);
    REQUIRE(await(spool.acknowledge("report", sequences_of(first))));
    const auto accounts = accounts_at(spool, now().wall);
    CHECK(accounts.acknowledged == 1);
    CHECK_FALSE(accounts.waiting_since);
}

TEST_CASE("triggers that are due while their schedule runs wait for nothing")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    Change change;
    const auto runs = intent_of("s", 10, {"a", "b"});
    change.plan = {runs, intent_of("s", 20), intent_of("s", 30)};
    REQUIRE(await(spool.record(change)));
    CHECK(accounts_at(spool, at(100)).waiting_since == runs.due());
    REQUIRE(await(spool.start(runs.id, 0, runs.id, "t", at(12))));
    CHECK_FALSE(accounts_at(spool, at(100)).waiting_since);
    // Between its actions, too.
    REQUIRE(await(spool.end({{runs.id, 0, outcome_of(runs, 0), {}, std::nullopt, {}}})));
    CHECK_FALSE(accounts_at(spool, at(100)).waiting_since);
    Change other;
    other.plan = {intent_of("t", 40)};
    REQUIRE(await(spool.record(other)));
    CHECK(accounts_at(spool, at(100)).waiting_since == other.plan[0].due());
}

TEST_CASE("accounts are of any number of outcomes, and those that wait are not forgotten")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    constexpr int kMany = 5000;
    Change change;
    for (int i = 0; i < kMany; ++i)
        change.account.push_back({outcome_of(intent_of("s", i), 0), {"report"}});
    REQUIRE(await(spool.record(change)));
    const auto known = now().wall;
    Change later;
    later.account = {{outcome_of(intent_of("s", kMany), 0), {"report"}}};
    REQUIRE(await(spool.record(later)));
    auto accounts = accounts_at(spool, at(0));
    CHECK(accounts.reported == kMany + 1);
    CHECK(accounts.waiting_since < known); // the first, not the last
    for (bool more = true; more;) {
        const auto batch = batch_of(spool);
        more = batch.more;
        REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    }
    accounts = accounts_at(spool, at(0));
    CHECK(accounts.acknowledged == kMany + 1);
    CHECK_FALSE(accounts.waiting_since);
    PastQuery query;
    query.limit = 10'000;
    later.account.front().outcome.run = random_uuid();
    REQUIRE(await(spool.record(later)));
    CHECK(past_of(spool, query).size() == 2000);
}

TEST_CASE("what a full spool drops is waited for no longer, what is left still is")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db", 512 * 1024);
    const auto record_some = [&](std::size_t count) {
        Change change;
        for (std::size_t i = 0; i < count; ++i) {
            auto outcome = outcome_of(intent_of("s", 0), 0);
            outcome.message = std::string(200, 'x');
            change.account.push_back({std::move(outcome), {"report"}});
        }
        REQUIRE(await(spool.record(change)));
    };
    record_some(300);
    batch_of(spool, "report", 50'000); // some are in an entry
    record_some(1000);
    const auto last = now().wall;
    for (int i = 0; i < 2; ++i)
        record_some(1000);
    CHECK(accounts_at(spool, at(0)).waiting_since > last); // the oldest are gone
    const auto dropped = await(spool.status())->dropped.outcomes;
    CHECK(dropped > 1300);
    for (bool more = true; more;) {
        const auto batch = batch_of(spool);
        more = batch.more;
        REQUIRE(await(spool.acknowledge("report", sequences_of(batch))));
    }
    const auto accounts = accounts_at(spool, at(0));
    CHECK(accounts.reported == 3300);
    CHECK(accounts.acknowledged == 3300 - dropped);
    CHECK_FALSE(accounts.waiting_since);
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
