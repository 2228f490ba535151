#include "intervals.hpp"

#include "support/catch.hpp"

using namespace sonde::passive_syn;

namespace {
constexpr Classified kSyn4{4, Segment::syn}, kSyn6{6, Segment::syn};
}

TEST_CASE("a packet belongs to the interval of its own time, whenever it is looked at")
{
    Intervals intervals(1000, 100, 3);
    CHECK_FALSE(intervals.add(999, Direction::in, kSyn4));
    CHECK(intervals.add(1100, Direction::in, kSyn4)); // the second, seen while the first is open
    CHECK(intervals.add(1000, Direction::in, kSyn4));
    CHECK(intervals.add(1099, Direction::out, kSyn6));
    const Interval first = intervals.close();
    CHECK(first.start == 1000);
    CHECK(first.end == 1100);
    CHECK(first.counts[0][0].syn == 1);
    CHECK(first.counts[1][1].syn == 1);
    CHECK_FALSE(intervals.add(1099, Direction::in, kSyn4)); // closed
    CHECK(intervals.close().counts[0][0].syn == 1);
    CHECK_FALSE(intervals.done());
    CHECK(intervals.close().end == 1300);
    CHECK(intervals.done());
}

TEST_CASE("no packet behind the last interval is counted")
{
    Intervals intervals(0, 100, 1);
    CHECK_FALSE(intervals.add(100, Direction::in, kSyn4));
    CHECK(intervals.close().counts[0][0].syn == 0);
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
