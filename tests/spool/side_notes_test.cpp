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
    CHECK(waiting->front().failure == failure);
    REQUIRE(await(spool.failures_told({waiting->front().id})));
    const auto rest = await(spool.failures(10));
    REQUIRE(rest->size() == 1);
    CHECK(rest->front().id != waiting->front().id);
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

TEST_CASE("the data budget is counted by UTC day and survives a restart")
{
    const TempDir dir;
    const auto today = std::chrono::floor<std::chrono::days>(at(0));
    {
        auto spool = open_spool(dir / "spool.db");
        REQUIRE(await(spool.count_bytes(today, 100)));
        REQUIRE(await(spool.count_bytes(today, 3'000'000'000)));
        REQUIRE(await(spool.count_bytes(today + std::chrono::days(1), 7)));
    }
    auto spool = open_spool(dir / "spool.db");
    CHECK(*await(spool.counted_bytes(today)) == 3'000'000'100);
    CHECK(*await(spool.counted_bytes(today + std::chrono::days(1))) == 7);
    CHECK(*await(spool.counted_bytes(today + std::chrono::days(2))) == 0);
    REQUIRE(await(spool.count_bytes(today + std::chrono::days(41), 1)));
    CHECK(*await(spool.counted_bytes(today)) == 0);
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
