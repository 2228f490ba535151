#include "bench.hpp"

#include "programs/agent/budget.hpp"
#include "spool/full_disk.hpp"

#include <spdlog/sinks/null_sink.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

constexpr std::uint64_t kMany = 1'000'000'000'000;
using Booked = std::map<Budget::Day, std::uint64_t>;

std::shared_ptr<Log> silent()
{
    return std::make_shared<Log>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
}

// A spool, and a day that the test sets.
struct Days {
    sonde::test::TempDir dir;
    spool::Spool spool = sonde::test::open_spool(dir / "spool.db");
    asio::io_context io;
    Budget::Day day{std::chrono::days(20'000)};

    Booked booked() { return await(spool.open_state())->booked_bytes; }
    std::unique_ptr<Budget> budget()
    {
        auto made = std::make_unique<Budget>(io.get_executor(), spool, silent(), [this] { return day; });
        made->restore(booked(), bucket());
        return made;
    }
    std::optional<spool::Bucket> bucket() { return await(spool.open_state())->bucket; }
    // Until nothing is to be written any more.
    void settle_down()
    {
        io.restart();
        io.run();
    }
    void make_ready(Budget &budget, std::uint64_t limit)
    {
        bool ready = false;
        asio::co_spawn(io, budget.make_ready(limit),
                       [&](std::exception_ptr, Result<void> done) { ready = done.has_value(); });
        settle_down();
        REQUIRE(ready);
    }
};

} // namespace

TEST_CASE("what a run counts is booked before it ends, and exactly once nothing runs any more [G2]")
{
    Days it;
    const auto budget = it.budget();
    {
        Budget::Meter meter(*budget, kMany, {});
        for (std::uint64_t total = 0; total <= 50'000'000; total += 1'000'000) {
            REQUIRE(meter.count(total));
            it.settle_down();
            CHECK(it.booked()[it.day] >= total);
        }
        CHECK(it.booked()[it.day] <= 2 * 50'000'000 + Budget::kCushion);
    }
    it.settle_down();
    CHECK(it.booked()[it.day] == 50'000'000 + Budget::kCushion);
    asio::co_spawn(it.io, budget->settle(), [](std::exception_ptr) {});
    it.settle_down();
    CHECK(it.booked() == Booked{{it.day, 50'000'000}});
    CHECK(budget->used() == 50'000'000);
}

TEST_CASE("a run over midnight is counted in both days, each with its own bytes [G2]")
{
    Days it;
    const auto budget = it.budget();
    const auto before = it.day;
    {
        Budget::Meter meter(*budget, kMany, {});
        REQUIRE(meter.count(3'000'000));
        it.day += std::chrono::days(1);
        CHECK(budget->used() == 0);
        REQUIRE(meter.count(5'000'000));
        CHECK(budget->used() == 2'000'000);
    }
    asio::co_spawn(it.io, budget->settle(), [](std::exception_ptr) {});
    it.settle_down();
    CHECK(it.booked() == Booked{{before, 3'000'000}, {it.day, 2'000'000}});
}

TEST_CASE("a month's bytes are those of all its days, and begin anew with the next one, also after a restart [A7]")
{
    using namespace std::chrono;
    Days it;
    auto budget = it.budget();
    const auto use = [&](year_month_day day, std::uint64_t bytes) {
        it.day = day;
        {
            Budget::Meter meter(*budget, kMany, {});
            REQUIRE(meter.count(bytes));
        }
        it.settle_down();
    };
    const auto restart = [&] {
        asio::co_spawn(it.io, budget->settle(), [](std::exception_ptr failed) { CHECK_FALSE(failed); });
        it.settle_down();
        budget = it.budget();
    };
    use(2025y / 11 / 30, 9'000'000);
    use(2026y / 11 / 29, 3'000'000);
    use(2026y / 11 / 30, 4'000'000);
    CHECK(budget->used() == 4'000'000);
    CHECK(budget->used_this_month() == 7'000'000);
    restart();
    CHECK(budget->used_this_month() == 7'000'000);
    use(2026y / 11 / 30, 500'000);
    CHECK(budget->used_this_month() == 7'500'000);
    it.day = 2026y / 12 / 1;
    CHECK(budget->used_this_month() == 0);
    use(2026y / 12 / 1, 1000);
    restart();
    CHECK(budget->used_this_month() == 1000);
    it.day = 2026y / 11 / 30; // the clock is set back
    CHECK(budget->used_this_month() == 7'500'000);
}

TEST_CASE("runs use the day together, and what passes its limit is booked as well [G2]")
{
    Days it;
    const auto budget = it.budget();
    Budget::Meter one(*budget, 1000, {});
    Budget::Meter other(*budget, 1000, {});
    CHECK(one.count(600));
    CHECK(other.count(400));
    CHECK(budget->used() == 1000);
    CHECK(one.count(601));
    CHECK(budget->used() == 1001);
    it.settle_down();
    CHECK(it.booked()[it.day] >= 1000);
}

TEST_CASE("an agent that starts again and again has no more of its token bucket than one that goes on [A7]")
{
    Days it;
    constexpr std::uint64_t kBurst = 10'000'000;
    for (int start = 0; start < 3; ++start) {
        const auto budget = it.budget(); // and is killed without an end
        budget->set_bucket(1, kBurst);
        it.make_ready(*budget, kMany);
        Budget::Meter meter(*budget, kMany, {});
        CHECK(meter.count(3'000'000));
        it.settle_down();
        CHECK(budget->used_of_bucket() >= 2'999'000 + start * 3'000'000U);
        CHECK(it.bucket()->level + 1000 >= static_cast<std::int64_t>(kBurst) - (start + 1) * 6'000'000);
    }
    // What was given back at an end is there again.
    auto budget = it.budget();
    budget->set_bucket(1, kBurst);
    const std::uint64_t used = budget->used_of_bucket();
    asio::co_spawn(it.io, budget->settle(), [](std::exception_ptr) {});
    it.settle_down();
    budget = it.budget();
    budget->set_bucket(1, kBurst);
    CHECK(budget->used_of_bucket() <= used);
}

TEST_CASE("what a run has declared is kept for it until it has used it or ends [G2]")
{
    Days it;
    const auto budget = it.budget();
    {
        Budget::Meter one(*budget, 1000, 600);
        Budget::Meter silent(*budget, 1000, {});
        CHECK(budget->promised() == 600);
        CHECK(silent.count(100));
        CHECK(one.count(200));
        CHECK(budget->promised() == 400);
        CHECK(one.count(700));
        CHECK(budget->promised() == 0);
        Budget::Meter other(*budget, 1000, UINT64_MAX);
        CHECK(budget->promised() == 1000);
    }
    CHECK(budget->promised() == 0);
}

TEST_CASE("a crash before the first byte costs a small budget a sixteenth at most [G2]")
{
    Days it;
    it.make_ready(*it.budget(), 1000);
    CHECK(it.booked() == Booked{{it.day, 62}});
    it.make_ready(*it.budget(), 1);
    CHECK(it.booked() == Booked{{it.day, 62}});
}

TEST_CASE("no run begins on what another one has reserved before it is durable [G2]")
{
    Days it;
    const auto budget = it.budget();
    std::vector<std::uint64_t> durable;
    for (int run = 0; run < 2; ++run)
        asio::co_spawn(it.io, budget->make_ready(kMany), [&](std::exception_ptr, Result<void> done) {
            CHECK(done);
            durable.push_back(it.booked()[it.day]);
        });
    it.settle_down();
    CHECK(durable == std::vector<std::uint64_t>(2, Budget::kCushion));
}

TEST_CASE("a run whose bytes cannot be booked stops for that, and not for its limit, until they can [G2]")
{
    Days it;
    const auto budget = it.budget();
    it.make_ready(*budget, kMany);
    Budget::Meter meter(*budget, kMany, {});
    {
        const sonde::test::FullDisk full(it.dir / "spool.db", "budget");
        CHECK(meter.count(2 * Budget::kCushion));
        it.settle_down();
        CHECK_FALSE(meter.count(2 * Budget::kCushion));
        it.settle_down();
        bool ready = true;
        asio::co_spawn(it.io, budget->make_ready(kMany),
                       [&](std::exception_ptr, Result<void> done) { ready = done.has_value(); });
        it.settle_down();
        CHECK_FALSE(ready);
    }
    it.make_ready(*budget, kMany);
    CHECK(meter.count(2 * Budget::kCushion));
    CHECK(it.booked()[it.day] >= 2 * Budget::kCushion);
}

TEST_CASE("what a run counts is booked although nobody holds the budget any more [G2]")
{
    Days it;
    auto budget = it.budget();
    {
        Budget::Meter meter(*budget, kMany, {});
        budget.reset();
        CHECK(meter.count(3'000'000));
    }
    it.settle_down();
    CHECK(it.booked() == Booked{{it.day, 3'000'000 + Budget::kCushion}});
}

TEST_CASE("a count that cannot be goes round nowhere: it is all that can be counted [G2]")
{
    Days it;
    const auto budget = it.budget();
    Budget::Meter one(*budget, INT64_MAX - 1, {});
    Budget::Meter other(*budget, INT64_MAX - 1, {});
    for (Budget::Meter *meter : {&one, &other, &one}) {
        CHECK(meter->count(UINT64_MAX));
        it.settle_down();
        CHECK(budget->used() == INT64_MAX);
        CHECK(it.booked()[it.day] == INT64_MAX);
    }
}

TEST_CASE("a small run needs no commit of its own")
{
    Days it;
    const auto budget = it.budget();
    it.make_ready(*budget, kMany);
    for (int run = 0; run < 10; ++run) {
        it.make_ready(*budget, kMany);
        Budget::Meter meter(*budget, kMany, {});
        REQUIRE(meter.count(1000));
    }
    it.settle_down();
    CHECK(it.booked() == Booked{{it.day, Budget::kCushion}});
}

TEST_CASE("an agent that is killed at any moment has booked what its runs had counted, and little more [G2]")
{
    const sonde::test::TempDir dir;
    const Budget::Day day{std::chrono::days(20'000)};
    constexpr int kRounds = 5;
    constexpr std::uint64_t kStep = 10'000;
    std::uint64_t counted = 0;
    for (int round = 0; round < kRounds; ++round) {
        int pipes[2];
        REQUIRE(pipe(pipes) == 0);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto spool = spool::Spool::open({dir / "spool.db"});
            asio::io_context io;
            Budget budget(io.get_executor(), *spool, silent(), [&] { return day; });
            budget.restore(await(spool->open_state())->booked_bytes);
            Budget::Meter meter(budget, kMany, {});
            for (std::uint64_t total = kStep;; total += kStep) {
                if (!meter.count(total))
                    _exit(1);
                io.restart();
                io.run();
                if (write(pipes[1], &kStep, sizeof kStep) != sizeof kStep)
                    _exit(2);
            }
        }
        close(pipes[1]);
        std::uint64_t step = 0;
        for (int heard = 0; heard < 100 * (round + 1); ++heard, counted += step)
            REQUIRE(read(pipes[0], &step, sizeof step) == sizeof step);
        kill(child, SIGKILL);
        while (read(pipes[0], &step, sizeof step) == sizeof step)
            counted += step;
        close(pipes[0]);
        int status = 0;
        waitpid(child, &status, 0);
        REQUIRE(WIFSIGNALED(status));
    }
    auto spool = sonde::test::open_spool(dir / "spool.db");
    const std::uint64_t booked = await(spool.open_state())->booked_bytes[day];
    CHECK(booked >= counted);
    CHECK(booked <= 2 * counted + kRounds * (Budget::kCushion + kStep));
}
