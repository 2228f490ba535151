#include "spool_support.hpp"

#include <fstream>

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a failure waits until the controller has been told")
{
    const TempDir dir;
    const model::Failure failure{at(1), "plugin", "/etc/sonde/plugins/x.so", "built for ABI 2"};
    {
        auto spool = open_spool(dir / "spool.db");
        REQUIRE(await(spool.note_failure(failure)));
        REQUIRE(await(spool.note_failure(failure)));
    }
    auto spool = open_spool(dir / "spool.db");
    const auto waiting = await(spool.failures(1));
    REQUIRE(waiting->size() == 1);
    model::Failure told = waiting->front().failure;
    CHECK(told.identity.epoch == spool.epoch());
    // Also once more, as if the answer had been lost.
    CHECK(await(spool.failures(1))->front().failure == told);
    REQUIRE(await(spool.failures_told({waiting->front().id})));
    const auto rest = await(spool.failures(10));
    REQUIRE(rest->size() == 1);
    CHECK(rest->front().id != waiting->front().id);
    CHECK(rest->front().failure.identity != told.identity);
    told.identity = {};
    CHECK(told == failure);
}

TEST_CASE("of more than a thousand failures the newest thousand wait, and the rest is counted")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    // All at once, so that they share their commits.
    boost::asio::io_context context;
    int noted = 0;
    for (int i = 0; i < 1010; ++i)
        boost::asio::co_spawn(context, spool.note_failure({at(i), "report", "", std::to_string(i)}),
                              [&](std::exception_ptr error, Result<void> done) { noted += !error && done; });
    context.run();
    REQUIRE(noted == 1010);
    const auto waiting = await(spool.failures(2000));
    REQUIRE(waiting->size() == 1000);
    CHECK(waiting->front().failure.message == "10");
    CHECK(await(spool.status())->dropped.failures == 10);
}

TEST_CASE("a failure that the controller refuses is kept, and neither told again nor counted as waiting")
{
    const TempDir dir;
    auto spool = open_spool(dir / "spool.db");
    REQUIRE(await(spool.note_failure({at(1), "plugin", "x.so", "bad"})));
    REQUIRE(await(spool.note_failure({at(2), "plugin", "y.so", "bad"})));
    REQUIRE(await(spool.set_failure_aside(await(spool.failures(1))->front().id, "400 no such kind")));
    const auto waiting = await(spool.failures(10));
    REQUIRE(waiting->size() == 1);
    CHECK(waiting->front().failure.path == "y.so");
    const auto status = await(spool.status());
    CHECK(status->failures_waiting == 1);
    CHECK(status->failures_refused == 1);
}

TEST_CASE("a refused instruction is remembered with its reasons until another one is in force")
{
    const TempDir dir;
    const RefusedInstruction refused{"7", "hash", "software"};
    {
        auto spool = open_spool(dir / "spool.db");
        CHECK_FALSE(await(spool.open_state())->refused);
        REQUIRE(await(spool.refuse({"6", "", ""}, {})));
        REQUIRE(await(spool.refuse(refused, {{at(1), "instruction", "/a", "b"}, {at(1), "instruction", "/c", "d"}})));
    }
    auto spool = open_spool(dir / "spool.db");
    CHECK(await(spool.open_state())->refused == refused);
    CHECK(await(spool.failures(10))->size() == 2);
    Change change;
    change.instruction = StoredInstruction{"{}", "8", at(2)};
    REQUIRE(await(spool.record(change)));
    CHECK_FALSE(await(spool.open_state())->refused);
}

TEST_CASE("the data budget is booked by UTC day and survives a restart")
{
    const TempDir dir;
    const auto today = std::chrono::floor<std::chrono::days>(at(0));
    using Booked = std::map<std::chrono::sys_days, std::uint64_t>;
    {
        auto spool = open_spool(dir / "spool.db");
        REQUIRE(await(spool.book_bytes(today, 100)));
        REQUIRE(await(spool.book_bytes(today, 3'000'000'000)));
        REQUIRE(await(spool.book_bytes(today, -50)));
        REQUIRE(await(spool.book_bytes(today + std::chrono::days(1), 7)));
    }
    auto spool = open_spool(dir / "spool.db");
    CHECK(await(spool.open_state())->booked_bytes == Booked{{today, 3'000'000'050}, {today + std::chrono::days(1), 7}});
    REQUIRE(await(spool.book_bytes(today + std::chrono::days(41), 1)));
    REQUIRE(await(spool.book_bytes(today, -50)));
    CHECK(await(spool.open_state())->booked_bytes ==
          Booked{{today, 0}, {today + std::chrono::days(1), 7}, {today + std::chrono::days(41), 1}});
}

TEST_CASE("a damaged spool is refused with what to do")
{
    const TempDir dir;
    {
        auto spool = open_spool(dir / "spool.db");
        for (int i = 0; i < 20; ++i)
            run_whole(spool, intent_of("s", i), 100, 100);
    }
    {
        std::fstream file(dir / "spool.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20 * 4096);
        file << std::string(8192, '\xff');
    }
    const auto spool = Spool::open({dir / "spool.db"});
    REQUIRE_FALSE(spool);
    CHECK(spool.error().where == (dir / "spool.db").string());
    CHECK_FALSE(spool.error().hint.empty());
}
