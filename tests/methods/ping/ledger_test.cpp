#include "ledger.hpp"
#include "packets.hpp"
#include "summary.hpp"

#include "support/catch.hpp"

#include <string>

using namespace sonde::ping;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::uint64_t kFirst = 65530; // so that sequence numbers wrap early
constexpr std::int64_t kWall = 1'700'000'000'000'000'000;

const sonde_ip kA = ip4({192, 0, 2, 9}), kB = ip4({192, 0, 2, 10});

// A ledger of two targets and what it said; times in ms since the run began.
struct Run {
    struct Said {
        std::uint32_t target, seq, extra;
        Outcome outcome;
        std::optional<std::chrono::nanoseconds> rtt, local_queue;
        std::string error;
        std::optional<std::chrono::nanoseconds> rtt_sched, lateness;
        std::optional<bool> reordered;
        bool source;
    };
    std::vector<Said> said;
    Summary summary;
    Ledger ledger{{kA, kB}, 100ms, 0ms, kFirst, [this](const Verdict &v) {
                      said.push_back({v.packet.target, v.packet.seq, v.extra, v.outcome, v.rtt, v.local_queue,
                                      v.error != nullptr ? v.error : "", v.rtt_sched, v.lateness, v.reordered,
                                      v.source != nullptr && same_address(*v.source, kMe)});
                      summary.add(v);
                  }};

    // Sends and stamps: 1 ms in our own queue.
    std::uint64_t send(std::int64_t ms, std::uint32_t target = 0, bool stamped = true)
    {
        const std::uint64_t number = ledger.next_number();
        Packet packet;
        packet.target = target;
        packet.seq = static_cast<std::uint32_t>(number - kFirst + 1);
        packet.sent = ms * kMs;
        ledger.sent(packet);
        if (stamped) {
            ledger.stamp(number, Stamp::queue, kWall + ms * kMs, kMe);
            ledger.stamp(number, Stamp::driver, kWall + (ms + 1) * kMs, kMe);
        }
        return number;
    }
    static Arrival reply_to(std::uint64_t number, const sonde_ip &from = kA)
    {
        Arrival arrival;
        arrival.authentic = arrival.intact = true;
        arrival.number = number;
        arrival.sequence = static_cast<std::uint16_t>(number);
        arrival.from = arrival.sent_to = from;
        return arrival;
    }
    static Arrival error_for(std::uint64_t number, bool authentic, const sonde_ip &to = kA)
    {
        Arrival arrival = reply_to(number, to);
        arrival.kind = Arrival::Kind::error;
        arrival.authentic = authentic;
        arrival.intact = false;
        arrival.from = kRouter;
        return arrival;
    }
    void arrive(const Arrival &arrival, std::int64_t ms) { ledger.arrive(arrival, kWall + ms * kMs, ms * kMs); }
};

} // namespace

TEST_CASE("a reply's rtt is from the driver's stamp and the local queue stands beside it")
{
    Run run;
    run.arrive(Run::reply_to(run.send(0)), 11);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::reply);
    CHECK(run.said[0].rtt == 10ms);
    CHECK(run.said[0].local_queue == 1ms);
}

TEST_CASE("without a driver's stamp the rtt is from the queue's, and without any it is unknown")
{
    Run run;
    const auto first = run.send(0, 0, false);
    run.ledger.stamp(first, Stamp::queue, kWall, kMe);
    run.arrive(Run::reply_to(first), 11);
    run.arrive(Run::reply_to(run.send(20, 0, false)), 25);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[0].rtt == 11ms);
    CHECK_FALSE(run.said[0].local_queue);
    CHECK(run.said[1].outcome == Outcome::reply);
    CHECK_FALSE(run.said[1].rtt);
}

TEST_CASE("a packet nobody answers is lost once nobody waits for it any more, not before")
{
    Run run;
    run.send(0);
    CHECK(run.ledger.next_due() == 200 * kMs);
    run.ledger.expire(199 * kMs);
    CHECK(run.said.empty());
    run.ledger.expire(200 * kMs);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::lost);
    CHECK(run.summary.loss_ratio() == 1.0);
}

TEST_CASE("a reply behind tmax is late, with its delay, and counts as loss")
{
    Run run;
    run.arrive(Run::reply_to(run.send(0)), 151);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::late);
    CHECK(run.said[0].rtt == 150ms);
    CHECK(run.summary.loss_ratio() == 1.0);
    CHECK_FALSE(run.summary.rtt());
}

TEST_CASE("a reply that waited in our own buffer is judged by its stamp, not by when we looked")
{
    Run run;
    const auto number = run.send(0);
    run.ledger.arrive(Run::reply_to(number), kWall + 50 * kMs, 180 * kMs);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::reply);
}

TEST_CASE("whatever comes again is a duplicate on top of the packet's own outcome")
{
    Run run;
    const auto number = run.send(0);
    run.arrive(Run::reply_to(number), 10);
    run.arrive(Run::reply_to(number), 12);
    run.arrive(Run::reply_to(number), 13);
    REQUIRE(run.said.size() == 3);
    CHECK(run.said[0].extra == 0);
    CHECK(run.said[2].outcome == Outcome::duplicate);
    CHECK(run.said[2].extra == 2);
    CHECK(run.summary.sent() == 1);
    CHECK(run.summary.loss_ratio() == 0.0);
}

TEST_CASE("a right reply from another address says so")
{
    Run run;
    run.arrive(Run::reply_to(run.send(0), kRouter), 10);
    CHECK(run.said.empty()); // the target's own may come yet
    run.ledger.expire(200 * kMs);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::other_source);
    CHECK(run.said[0].rtt == 9ms);
}

TEST_CASE("a copy from another address does not take the place of the target's own reply, and says more than damage")
{
    Run run;
    const auto number = run.send(0);
    run.arrive(Run::reply_to(number, kRouter), 10);
    run.arrive(Run::reply_to(number), 11);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[0].outcome == Outcome::reply);
    CHECK(run.said[0].extra == 0);
    CHECK(run.said[0].rtt == 10ms);
    CHECK(run.said[1].outcome == Outcome::duplicate);
    CHECK(run.said[1].extra == 1);

    const auto other = run.send(20);
    Arrival damaged = Run::reply_to(other);
    damaged.intact = false;
    run.arrive(damaged, 25);
    run.arrive(Run::reply_to(other, kRouter), 26);
    run.ledger.expire(1000 * kMs);
    REQUIRE(run.said.size() == 3);
    CHECK(run.said[2].outcome == Outcome::other_source);
}

TEST_CASE("copies of a reply are duplicates, whoever sends them and whichever comes first")
{
    Run run;
    const auto own_first = run.send(0);
    run.arrive(Run::reply_to(own_first), 10);
    run.arrive(Run::reply_to(own_first, kRouter), 11);
    run.arrive(Run::reply_to(own_first, kRouter), 12);
    const auto own_last = run.send(20);
    run.arrive(Run::reply_to(own_last, kRouter), 31);
    run.arrive(Run::reply_to(own_last, kRouter), 32);
    run.arrive(Run::reply_to(own_last), 33);
    const auto never_own = run.send(40);
    for (const int at : {51, 52, 53})
        run.arrive(Run::reply_to(never_own, kRouter), at);
    run.ledger.expire(1000 * kMs);
    REQUIRE(run.said.size() == 9);
    for (std::size_t i = 0; i < 9; ++i)
        CHECK(run.said[i].extra == i % 3);
    for (const std::size_t i : {1, 2, 4, 5, 7, 8})
        CHECK(run.said[i].outcome == Outcome::duplicate);
    CHECK(run.said[3].outcome == Outcome::reply);
    CHECK(run.said[6].outcome == Outcome::other_source);
}

TEST_CASE("a packet whose driver's stamp was lost has no rtt where the driver stamps, but the user's wait")
{
    Run run;
    run.arrive(Run::reply_to(run.send(0)), 11);
    const auto number = run.send(20, 0, false);
    run.ledger.stamp(number, Stamp::queue, kWall + 20 * kMs, kMe);
    run.arrive(Run::reply_to(number), 70);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[1].outcome == Outcome::reply);
    CHECK_FALSE(run.said[1].rtt);
    CHECK(run.said[1].rtt_sched == 50ms);
    CHECK(run.summary.rtt()->max == 10ms);
    CHECK(run.summary.rtt_sched()->max == 50ms);
    CHECK(run.summary.stamped() == 1);
}

TEST_CASE("a damaged or forged reply cannot take the place of the right one")
{
    Run run;
    const auto number = run.send(0);
    Arrival forged = Run::reply_to(number);
    forged.authentic = forged.intact = false;
    run.arrive(forged, 5);
    CHECK(run.said.empty());
    run.arrive(Run::reply_to(number), 10);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::reply);
    CHECK(run.said[0].rtt == 9ms);
    run.ledger.expire(1000 * kMs);
    CHECK(run.said.size() == 1);
}

TEST_CASE("a damaged reply is what remains if no right one comes")
{
    Run run;
    Arrival damaged = Run::reply_to(run.send(0));
    damaged.intact = false;
    run.arrive(damaged, 5);
    run.ledger.expire(200 * kMs);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::corrupted);
}

TEST_CASE("an error with the token settles at once, one without waits for something better")
{
    Run run;
    run.arrive(Run::error_for(run.send(0), true), 5);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::icmp_error);

    const auto number = run.send(10);
    run.arrive(Run::error_for(number, false), 12);
    CHECK(run.said.size() == 1);
    run.ledger.expire(210 * kMs);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[1].outcome == Outcome::icmp_error);
}

TEST_CASE("an error without the token is held against address and sequence number, also where those wrap")
{
    Run run;
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 20; ++i)
        numbers.push_back(run.send(i, static_cast<std::uint32_t>(i % 2)));
    run.arrive(Run::error_for(numbers[15], false, kA), 30); // was sent to kB
    run.arrive(Run::error_for(numbers[15], false, kB), 31);
    run.ledger.expire(215 * kMs);
    REQUIRE(run.said.size() == 16);
    CHECK(run.said[15].outcome == Outcome::icmp_error);
    CHECK(run.said[15].target == 1);
    CHECK(run.said[14].outcome == Outcome::lost);
}

TEST_CASE("what waited while our own buffer dropped packets is not called lost")
{
    Run run;
    run.send(0);
    run.ledger.dropped(4, 3);
    run.send(10);
    run.ledger.dropped(6, 9); // the other family's socket
    run.ledger.expire(300 * kMs);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[0].outcome == Outcome::dropped_here);
    CHECK(run.said[1].outcome == Outcome::lost);
    CHECK(run.summary.loss_ratio() == 1.0); // of the one that is known
}

TEST_CASE("a packet that entered our queue and never left it is unsent, not lost")
{
    Run run;
    run.arrive(Run::reply_to(run.send(0)), 10);
    const auto stuck = run.send(20, 0, false);
    run.ledger.stamp(stuck, Stamp::queue, kWall + 20 * kMs, kMe);
    run.ledger.expire(220 * kMs);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[1].outcome == Outcome::unsent);
    CHECK(run.said[1].error == "did not leave the local queue");
    CHECK(run.summary.sent() == 1);
}

TEST_CASE("where a driver is known to stamp nothing, silence is loss")
{
    Run run;
    for (int i = 0; i < 2; ++i)
        run.ledger.stamp(run.send(i, 0, false), Stamp::queue, kWall + i * kMs, kMe);
    run.arrive(Run::reply_to(kFirst), 10);
    run.send(20, 1); // another interface's driver does
    run.ledger.expire(201 * kMs);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[1].outcome == Outcome::lost);
}

TEST_CASE("a step of the wall clock voids the stamps of what was on its way and keeps the outcome")
{
    Run run;
    const auto before = run.send(0);
    run.ledger.clock_stepped();
    const auto behind = run.send(10);
    run.ledger.arrive(Run::reply_to(before), kWall - 3'600'000 * kMs, 11 * kMs);
    run.arrive(Run::reply_to(behind), 20);
    REQUIRE(run.said.size() == 2);
    CHECK(run.said[0].outcome == Outcome::reply);
    CHECK_FALSE(run.said[0].rtt);
    CHECK_FALSE(run.said[0].local_queue);
    CHECK(run.said[1].rtt == 9ms);
}

TEST_CASE("a packet that could not be sent is settled at once and is no loss")
{
    Run run;
    run.ledger.unsent(Packet{}, "Network is unreachable");
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].outcome == Outcome::unsent);
    CHECK(run.said[0].error == "Network is unreachable");
    CHECK(run.summary.sent() == 0);
    CHECK_FALSE(run.summary.loss_ratio());
    CHECK(run.ledger.last_due() == 0);
}

TEST_CASE("at the end what has waited for tmax is settled and the rest is pending, neither lost nor received")
{
    Run run;
    run.send(0);
    run.send(50, 1);
    CHECK(run.ledger.last_due() == 150 * kMs);
    const auto pending = run.ledger.close(120 * kMs);
    CHECK(run.said.size() == 1);
    REQUIRE(pending.size() == 1);
    CHECK(pending[0].target == 1);
}

TEST_CASE("an arrival for a number never sent, or settled long ago, is nothing")
{
    Run run;
    const auto number = run.send(0);
    run.arrive(Run::reply_to(number + 1), 5);
    run.arrive(Run::reply_to(number - 1), 5);
    run.arrive(Run::reply_to(~std::uint64_t{0}), 5);
    CHECK(run.said.empty());
    run.ledger.stamp(~std::uint64_t{0}, Stamp::driver, 1, kMe);
    run.ledger.expire(200 * kMs);
    run.arrive(Run::reply_to(number), 210);
    CHECK(run.said.size() == 1);
}

TEST_CASE("each of many packets gets one outcome of its own, whatever the order of what comes")
{
    Run run;
    for (int i = 0; i < 1000; ++i) {
        run.send(i, static_cast<std::uint32_t>(i % 2));
        if (i >= 30 && i % 3 != 0) {
            const std::uint64_t earlier = kFirst + static_cast<std::uint64_t>(i - i % 30);
            run.arrive(Run::reply_to(earlier, earlier % 2 == 0 ? kA : kB), i + 1);
        }
        run.ledger.expire(i * kMs);
    }
    run.ledger.close(10'000 * kMs);
    std::vector<int> own(1001);
    for (const auto &said : run.said)
        if (said.extra == 0)
            ++own[said.seq];
    for (std::size_t seq = 1; seq <= 1000; ++seq)
        CHECK(own[seq] == 1);
    CHECK(run.summary.sent() == 1000);
}

TEST_CASE("what was answered after a packet that was sent later is reordered, in time or late")
{
    Run run;
    const auto first = run.send(0), second = run.send(10), third = run.send(20);
    const auto other = run.send(30, 1);
    run.arrive(Run::reply_to(other, kB), 31); // another target's order is another one
    run.arrive(Run::reply_to(second), 40);
    run.arrive(Run::reply_to(third), 50);
    run.arrive(Run::reply_to(first), 150);
    REQUIRE(run.said.size() == 4);
    CHECK(run.said[1].reordered == false);
    CHECK(run.said[2].reordered == false);
    CHECK(run.said[3].outcome == Outcome::late);
    CHECK(run.said[3].reordered == true);
    CHECK(run.summary.reordered() == 1);
    run.send(200);
    run.ledger.expire(1000 * kMs);
    CHECK_FALSE(run.said[4].reordered);
}

TEST_CASE("a user's wait is from before our own queue, and our lateness until there")
{
    Run run;
    const std::uint64_t number = run.ledger.next_number();
    Packet packet;
    packet.scheduled = kWall;
    run.ledger.sent(packet);
    run.ledger.stamp(number, Stamp::queue, kWall + 2 * kMs, kMe);
    run.ledger.stamp(number, Stamp::driver, kWall + 9 * kMs, kMe);
    run.arrive(Run::reply_to(number), 10);
    REQUIRE(run.said.size() == 1);
    CHECK(run.said[0].rtt == 1ms);
    CHECK(run.said[0].local_queue == 7ms);
    CHECK(run.said[0].rtt_sched == 8ms);
    CHECK(run.said[0].lateness == 2ms);
    CHECK(run.said[0].source == true);
}

TEST_CASE("with a linger the run goes on behind the last answer, and late replies are noticed for longer")
{
    std::vector<Outcome> said;
    Ledger ledger({kA}, 100ms, 300ms, kFirst, [&said](const Verdict &v) { said.push_back(v.outcome); });
    Packet packet;
    packet.sent = 50 * kMs;
    ledger.sent(packet);
    CHECK(ledger.last_due() == 450 * kMs);
    CHECK(ledger.next_due() == 450 * kMs);
    ledger.arrive(Run::reply_to(kFirst), std::nullopt, 440 * kMs);
    CHECK(ledger.last_due() == 740 * kMs);
    ledger.arrive(Run::reply_to(kFirst), std::nullopt, 445 * kMs);
    CHECK(said == std::vector{Outcome::late, Outcome::duplicate});
}

TEST_CASE("bytes are on the line when the driver took them, or when nothing says that they stayed here")
{
    Run run;
    auto send = [&run](bool queued, bool driven) {
        const std::uint64_t number = run.ledger.next_number();
        Packet packet;
        packet.line_bytes = 84;
        run.ledger.sent(packet);
        if (queued)
            run.ledger.stamp(number, Stamp::queue, kWall, kMe);
        if (driven)
            run.ledger.stamp(number, Stamp::driver, kWall, kMe);
    };
    send(true, true);
    CHECK(run.ledger.take_line_bytes() == 84);
    send(true, false); // stays in the queue
    send(false, false);
    CHECK(run.ledger.take_line_bytes() == 0);
    run.ledger.expire(200 * kMs);
    CHECK(run.ledger.take_line_bytes() == 84);
    Packet refused;
    refused.line_bytes = 84;
    run.ledger.unsent(refused, "Network is unreachable");
    CHECK(run.ledger.take_line_bytes() == 0);
    send(false, false);
    run.ledger.close(0);
    CHECK(run.ledger.take_line_bytes() == 84);
}

TEST_CASE("the oldest interval that something may still happen in is known")
{
    Run run;
    CHECK_FALSE(run.ledger.oldest_interval());
    for (const std::uint32_t interval : {3u, 4u}) {
        Packet packet;
        packet.interval = interval;
        packet.sent = interval * 100 * kMs;
        run.ledger.sent(packet);
    }
    CHECK(run.ledger.oldest_interval() == 3);
    run.ledger.expire(500 * kMs);
    CHECK(run.ledger.oldest_interval() == 4);
}
