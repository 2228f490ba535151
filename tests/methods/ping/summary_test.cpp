#include "summary.hpp"

#include "support/catch.hpp"

using namespace sonde::ping;
using namespace std::chrono_literals;

namespace {

void add(Summary &summary, Outcome outcome, std::optional<std::chrono::nanoseconds> rtt = std::nullopt)
{
    const Packet packet;
    Verdict verdict{packet, outcome, 0, {}, {}, {}, {}, {}, nullptr, nullptr};
    verdict.rtt = rtt;
    summary.add(verdict);
}

} // namespace

TEST_CASE("of nothing everything is undefined, not 0")
{
    const Summary summary;
    CHECK_FALSE(summary.loss_ratio());
    CHECK_FALSE(summary.rtt());
    CHECK_FALSE(summary.local_queue_max());
}

TEST_CASE("percentiles are values that were seen, the median of an even number the mean of the middle two")
{
    Summary summary;
    for (int i = 100; i >= 1; --i)
        add(summary, Outcome::reply, std::chrono::milliseconds(i));
    const auto rtt = summary.rtt();
    REQUIRE(rtt);
    CHECK(rtt->min == 1ms);
    CHECK(rtt->median == 50500us);
    CHECK(rtt->p95 == 95ms);
    CHECK(rtt->p99 == 99ms);
    CHECK(rtt->max == 100ms);

    Summary one;
    add(one, Outcome::reply, 7ms);
    CHECK(one.rtt()->median == 7ms);
    CHECK(one.rtt()->p95 == 7ms);
}

TEST_CASE("loss is of what is known: unsent, pending and dropped here are neither lost nor received")
{
    Summary summary;
    for (int i = 0; i < 6; ++i)
        add(summary, Outcome::reply, 1ms);
    add(summary, Outcome::lost);
    add(summary, Outcome::icmp_error);
    add(summary, Outcome::unsent);
    add(summary, Outcome::dropped_here);
    add(summary, Outcome::duplicate, 2ms);
    summary.add_pending(5);
    CHECK(summary.sent() == 14);
    CHECK(summary.loss_ratio() == 0.25);
    CHECK(summary.rtt()->max == 1ms);
}
