#include "summary.hpp"

#include "support/catch.hpp"

using namespace sonde::ping;
using namespace std::chrono_literals;

namespace {

void add(Summary &summary, Outcome outcome, std::optional<std::chrono::nanoseconds> rtt = std::nullopt,
         std::uint32_t seq = 0)
{
    Packet packet;
    packet.seq = seq;
    Verdict verdict(packet, outcome);
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
    for (int i = 0; i < 5; ++i)
        summary.add_pending();
    CHECK(summary.sent() == 14);
    CHECK(summary.loss_ratio() == 0.25);
    CHECK(summary.rtt()->max == 1ms);
}

TEST_CASE("ipdv is of packets sent one behind the other, and undefined where loss breaks the pair")
{
    Summary summary;
    CHECK_FALSE(summary.ipdv());
    add(summary, Outcome::reply, 10ms, 1);
    add(summary, Outcome::reply, 13ms, 2);
    add(summary, Outcome::lost, {}, 3);
    add(summary, Outcome::reply, 50ms, 4);
    add(summary, Outcome::late, 400ms, 5);
    add(summary, Outcome::reply, 10ms, 6);
    add(summary, Outcome::reply, {}, 7); // its stamps are void
    add(summary, Outcome::reply, 10ms, 8);
    add(summary, Outcome::unsent, {}, 9);
    add(summary, Outcome::reply, 12ms, 10);
    add(summary, Outcome::reply, 5ms, 11);
    summary.close();
    CHECK(summary.ipdv_pairs() == 2);
    REQUIRE(summary.ipdv());
    CHECK(summary.ipdv()->min == 3ms);
    CHECK(summary.ipdv()->max == 7ms);
}

TEST_CASE("a verdict that comes before an earlier packet's waits for it")
{
    Summary summary(5);
    add(summary, Outcome::reply, 10ms, 7);
    add(summary, Outcome::reply, 14ms, 6);
    CHECK(summary.ipdv_pairs() == 0);
    add(summary, Outcome::reply, 15ms, 5);
    CHECK(summary.ipdv_pairs() == 2);
    CHECK(summary.ipdv()->min == 1ms);
    CHECK(summary.ipdv()->max == 4ms);
    add(summary, Outcome::reply, 10ms, 9); // 8 is pending
    add(summary, Outcome::reply, 12ms, 10);
    summary.close();
    CHECK(summary.ipdv_pairs() == 3);
}

TEST_CASE("runs of loss are counted in the order of sending")
{
    Summary summary;
    const Outcome said[] = {Outcome::lost,   Outcome::reply,        Outcome::late,  Outcome::lost,
                            Outcome::unsent, Outcome::icmp_error,   Outcome::reply, Outcome::lost,
                            Outcome::lost,   Outcome::dropped_here, Outcome::lost};
    std::uint32_t seq = 0;
    for (const Outcome outcome : said)
        add(summary, outcome, {}, ++seq);
    CHECK(summary.loss_runs() == 4);
    CHECK(summary.loss_run_max() == 3);
}

TEST_CASE("the mean is of the replies, and undefined without any")
{
    Summary summary;
    CHECK_FALSE(summary.rtt_mean());
    add(summary, Outcome::reply, 1ms);
    add(summary, Outcome::reply, 4ms);
    add(summary, Outcome::late, 100ms);
    CHECK(summary.rtt_mean() == 2500us);
}

TEST_CASE("round trips from the queue's stamp and from the driver's are never one figure")
{
    Summary summary;
    Packet packet;
    auto reply = [&](std::chrono::nanoseconds rtt, bool from_driver) {
        ++packet.seq;
        Verdict verdict(packet, Outcome::reply);
        verdict.rtt = rtt;
        verdict.rtt_sched = 50ms;
        if (from_driver)
            verdict.tx_driver = 1;
        summary.add(verdict);
    };
    reply(50ms, false);
    reply(51ms, false);
    CHECK(summary.rtt()->max == 51ms);
    CHECK(summary.ipdv()->max == 1ms);
    reply(1ms, true);
    CHECK(summary.rtt()->max == 1ms);
    CHECK_FALSE(summary.ipdv());
    reply(3ms, true);
    CHECK(summary.rtt_mean() == 2ms);
    CHECK(summary.ipdv()->max == 2ms);
    CHECK(summary.ipdv_pairs() == 1);
    CHECK(summary.rtt_sched()->max == 50ms);
}

TEST_CASE("under load the variation is that of what a user waits, our own queue in it")
{
    Summary summary;
    Packet packet;
    for (const int queue : {1, 40, 5}) {
        ++packet.seq;
        Verdict verdict(packet, Outcome::reply);
        verdict.rtt = 1ms;
        verdict.rtt_sched = std::chrono::milliseconds(1 + queue);
        verdict.local_queue = std::chrono::milliseconds(queue);
        summary.add(verdict);
    }
    CHECK(summary.ipdv()->max == 0ms);
    CHECK(summary.ipdv_sched()->max == 39ms);
    CHECK(summary.ipdv_sched()->median == 37ms);
    CHECK(summary.stamped() == 3);
}

TEST_CASE("what is kept of many targets fits one run's memory")
{
    CHECK(Summary::kept_of_each(0) == Summary::kept_of_each(1));
    CHECK(Summary::kept_of_each(1) == 1'000'000);
    CHECK(Summary::kept_of_each(10) == 100'000);
    CHECK(Summary::kept_of_each(100'000) == 100);
}
