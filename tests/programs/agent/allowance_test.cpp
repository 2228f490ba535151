#include "programs/agent/allowance.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::agent;
using namespace std::chrono_literals;

namespace {

const Now kNoon{std::chrono::sys_days{std::chrono::year{2026} / 12 / 30} + 12h, MonotonicTime(1000s)};

Allowance of(const model::DataBudget &budget)
{
    Allowance allowance;
    allowance.set(budget, kNoon.monotonic);
    return allowance;
}

Now later(std::chrono::seconds time)
{
    return {kNoon.wall + time, kNoon.monotonic + time};
}

} // namespace

TEST_CASE("without a data budget nothing is refused, and nothing is bounded [A7]")
{
    const Allowance none;
    CHECK_FALSE(none.refusal(std::nullopt, {1'000'000, 1'000'000, 0}, kNoon));
    CHECK_FALSE(none.refusal(UINT64_MAX, {}, kNoon));
    CHECK_FALSE(none.exceeded({UINT64_MAX, UINT64_MAX, 0}, kNoon.monotonic));
    CHECK(none.left({}) == UINT64_MAX);
}

TEST_CASE("a run is refused that may need more than is left of the day or the month, and told when there is more [A7]")
{
    const Allowance allowance = of({1000, 5000, {}, {}});
    CHECK_FALSE(allowance.refusal(150, {850, 4850, 0}, kNoon));
    CHECK(allowance.refusal(151, {850, 850, 0}, kNoon) ==
          "the data budget has 150 of the day's 1000 bytes left, and this may need 151; there is more from "
          "2026-12-31T00:00:00Z");
    CHECK(allowance.refusal(150, {850, 850, 1}, kNoon) ==
          "the data budget has 149 of the day's 1000 bytes left, and this may need 150; there is more from "
          "2026-12-31T00:00:00Z");
    CHECK(allowance.refusal(10, {0, 4999, 0}, kNoon) ==
          "the data budget has 1 of the month's 5000 bytes left, and this may need 10; there is more from "
          "2027-01-01T00:00:00Z");
    CHECK(allowance.refusal(1001, {0, 0, 0}, kNoon) ==
          "this may need 1001 bytes, more than the data budget of a day, 1000 bytes");
    CHECK(allowance.left({850, 4900, 20}) == 80);
    CHECK(allowance.bytes_per_day() == 1000);
}

TEST_CASE("what declares no bound begins while anything is left, and is stopped where nothing is [A7]")
{
    const Allowance allowance = of({1000, 5000, {}, {}});
    CHECK_FALSE(allowance.refusal(std::nullopt, {999, 999, 0}, kNoon));
    CHECK(allowance.refusal(std::nullopt, {1000, 1000, 0}, kNoon) ==
          "the data budget has 0 of the day's 1000 bytes left; there is more from 2026-12-31T00:00:00Z");
    CHECK_FALSE(allowance.refusal(0, {1000, 5000, 0}, kNoon)); // it sends nothing
    CHECK_FALSE(allowance.exceeded({1000, 5000, 0}, kNoon.monotonic));
    CHECK(allowance.exceeded({1001, 1001, 0}, kNoon.monotonic) == "stopped at the data budget of the day: 1000 bytes");
    CHECK(allowance.exceeded({1, 5001, 0}, kNoon.monotonic) == "stopped at the data budget of the month: 5000 bytes");
}

TEST_CASE("a token bucket lets the burst go at once and the rate on average [A7]")
{
    Allowance allowance = of({{}, {}, 10, 1000});
    CHECK_FALSE(allowance.refusal(1000, {}, kNoon));
    CHECK(allowance.refusal(1001, {}, kNoon) ==
          "this may need 1001 bytes, more than the data budget has at once, 1000 bytes");
    allowance.spend(900, kNoon.monotonic);
    CHECK(allowance.refusal(150, {}, kNoon) ==
          "the data budget has 100 of 1000 bytes at the moment, and this may need 150; there is enough in 5 s");
    CHECK(allowance.refusal(100, {0, 0, 30}, kNoon) ==
          "the data budget has 70 of 1000 bytes at the moment, and this may need 100; there is enough in 3 s");
    CHECK_FALSE(allowance.refusal(150, {}, later(5s)));
    allowance.spend(200, kNoon.monotonic);
    CHECK(allowance.exceeded({}, kNoon.monotonic) ==
          "stopped at the data budget's rate: 10 bytes a second, 1000 bytes at once");
    CHECK_FALSE(allowance.exceeded({}, later(10s).monotonic));
    CHECK(allowance.refusal(std::nullopt, {}, kNoon) ==
          "the data budget has 0 of 1000 bytes at the moment; there is enough in 11 s");
    CHECK_FALSE(allowance.refusal(1000, {}, later(24h))); // never more than the burst
    CHECK(allowance.refusal(1000, {0, 0, 1}, later(24h)));
}

TEST_CASE("another instruction does not fill the bucket unless it is another bucket [A7]")
{
    Allowance allowance = of({{}, {}, 10, 1000});
    allowance.spend(1000, kNoon.monotonic);
    allowance.set({5000, {}, 10, 1000}, kNoon.monotonic);
    CHECK(allowance.refusal(500, {}, kNoon));
    allowance.set({5000, {}, 10, 2000}, kNoon.monotonic);
    CHECK_FALSE(allowance.refusal(500, {}, kNoon));
}
