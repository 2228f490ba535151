#include "sample.hpp"

#include "support/catch.hpp"

using namespace sonde::ping;
using namespace std::chrono_literals;

TEST_CASE("of more values than are kept the least, the most, the count and the mean are of all")
{
    Sample sample(1000);
    for (int i = 1; i <= 100'000; ++i)
        sample.add(std::chrono::microseconds(i));
    CHECK(sample.count() == 100'000);
    CHECK(sample.mean() == 50'000'500ns);
    const auto spread = sample.spread();
    REQUIRE(spread);
    CHECK(spread->min == 1us);
    CHECK(spread->max == 100'000us);
    // The choice is the same in each run: it knows no chance but its own.
    CHECK(std::chrono::abs(spread->median - 50ms) < 5ms);
    CHECK(std::chrono::abs(spread->p95 - 95ms) < 3ms);
    CHECK(std::chrono::abs(spread->p99 - 99ms) < 1ms);
}

TEST_CASE("of what was forgotten nothing is left")
{
    Sample sample(10);
    sample.add(1ms);
    sample.forget();
    CHECK_FALSE(sample.mean());
    CHECK_FALSE(sample.spread());
    sample.add(7ms);
    CHECK(sample.spread()->min == 7ms);
    CHECK(sample.count() == 1);
}
