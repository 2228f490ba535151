#include "intervals.hpp"

#include "support/catch.hpp"

using namespace sonde::passive_syn;

TEST_CASE("a packet belongs to the interval of its own time, whenever it is looked at")
{
    Intervals intervals(1000, 100, 3);
    CHECK(intervals.find(999) == nullptr);
    REQUIRE(intervals.find(1100) != nullptr); // the second, seen while the first is open
    CHECK(intervals.find(1100)->number == 1);
    CHECK(intervals.find(1000)->number == 0);
    CHECK(intervals.find(1099)->number == 0);
    const Interval first = intervals.close();
    CHECK(first.start == 1000);
    CHECK(first.end == 1100);
    CHECK(intervals.find(1099) == nullptr); // closed
    CHECK(intervals.close().number == 1);
    CHECK_FALSE(intervals.done());
    CHECK(intervals.close().end == 1300);
    CHECK(intervals.done());
}

TEST_CASE("there is no interval behind the last")
{
    Intervals intervals(0, 100, 1);
    CHECK(intervals.find(100) == nullptr);
    CHECK(intervals.close().number == 0);
    CHECK(intervals.done());
}

TEST_CASE("a time without sight is taken out of each interval it touches")
{
    Intervals intervals(0, 100, 2);
    intervals.blind(90, 130);
    intervals.blind(150, 160);
    CHECK(intervals.close().blind == 10);
    CHECK(intervals.close().blind == 40);
}

TEST_CASE("an interval whose packets came before it was open is doubtful, and no other")
{
    constexpr auto kOpen = static_cast<std::int64_t>(Intervals::kOpenAtOnce);
    Intervals intervals(0, 100, Intervals::kOpenAtOnce + 3);
    CHECK(intervals.find(100 * kOpen - 1) != nullptr);
    CHECK(intervals.find(100 * (kOpen + 1)) == nullptr);
    for (std::int64_t i = 0; i < kOpen; ++i)
        CHECK_FALSE(intervals.close().doubtful);
    CHECK(intervals.close().doubtful); // what it missed is not known
    CHECK(intervals.close().doubtful);
    CHECK_FALSE(intervals.close().doubtful);
    CHECK(intervals.done());
}

TEST_CASE("a span of doubt makes each interval doubtful that it touches")
{
    Intervals intervals(0, 100, 4);
    intervals.doubt(150, 200);
    CHECK_FALSE(intervals.close().doubtful);
    CHECK(intervals.close().doubtful);
    CHECK(intervals.close().doubtful);
    CHECK_FALSE(intervals.close().doubtful);
}
