#include "counting.hpp"

#include "frames.hpp"

#include "support/catch.hpp"

using namespace sonde::passive_syn;

namespace {

constexpr sonde::plugin::HashKey kKey{1, 2, 3};

Interval nth(std::uint64_t number)
{
    Interval interval;
    interval.number = number;
    interval.start = static_cast<std::int64_t>(number) * 1000;
    interval.end = interval.start + 1000;
    return interval;
}

// A segment between two hosts that numbers stand for.
struct Talk {
    std::uint8_t from, to;
    std::uint8_t flags;
    std::uint32_t sequence = 0, acknowledgement = 0;
    std::uint16_t port = 1000;
};

void put32(Buffer &buffer, std::size_t at, std::uint32_t value)
{
    put16(buffer, at, value >> 16);
    put16(buffer, at + 2, value & 0xffff);
}

Buffer frame_of(const Talk &talk, std::uint32_t family)
{
    Buffer segment = tcp(talk.flags);
    const bool answers = (talk.flags & kAck) != 0;
    put16(segment, answers ? 2 : 0, talk.port);
    put16(segment, answers ? 0 : 2, 80);
    put32(segment, 4, talk.sequence);
    put32(segment, 8, talk.acknowledgement);
    Buffer packet = family == 4 ? ipv4(segment) : ipv6(segment);
    packet[family == 4 ? 15 : 23] = talk.from;
    packet[family == 4 ? 19 : 39] = talk.to;
    return ethernet(family == 4 ? 0x0800 : 0x86dd, packet);
}

void add(Counting &counting, std::uint64_t interval, const Talk &talk, Direction direction, bool own = false,
         std::uint32_t family = 4, std::int64_t at = 0)
{
    const Buffer frame = frame_of(talk, family);
    const auto packet = classify(Link::ethernet, frame);
    REQUIRE(packet);
    counting.add(nth(interval), {*packet, nth(interval).start + at, direction, own});
}

} // namespace

TEST_CASE("packets are counted by interval, family and direction")
{
    Counting counting(kKey, 100, 0);
    add(counting, 0, {1, 2, kSyn, 7}, Direction::out);
    add(counting, 1, {2, 1, kSyn | kAck, 9, 8}, Direction::in);
    add(counting, 0, {1, 2, kSyn, 7}, Direction::out, false, 6);
    add(counting, 0, {2, 1, kRst | kAck, 0, 8}, Direction::in, false, 6);
    const Tally first = counting.take(nth(0)), second = counting.take(nth(1));
    CHECK(first.counts[0][1].syn == 1);
    CHECK(first.counts[0][0].syn_ack == 0);
    CHECK(second.counts[0][0].syn_ack == 1);
    CHECK(first.counts[1][1].syn == 1);
    CHECK(first.counts[1][0].rst == 1);
    // What follows begins anew.
    add(counting, 2, {1, 2, kSyn, 8}, Direction::out);
    CHECK(counting.take(nth(2)).counts[0][1].syn == 1);
}

TEST_CASE("a retransmission is the same SYN again in the same direction, in whatever interval")
{
    Counting counting(kKey, 100, 0);
    for (const std::uint32_t family : {4u, 6u}) {
        add(counting, 0, {1, 2, kSyn, 7}, Direction::out, false, family);
        add(counting, 0, {1, 2, kSyn, 7}, Direction::out, false, family);
        add(counting, 1, {1, 2, kSyn | kEce | kCwr, 7}, Direction::out, false, family);
    }
    add(counting, 1, {1, 2, kSyn, 8}, Direction::out); // another attempt from the same port
    add(counting, 1, {1, 2, kSyn, 7, 0, 1001}, Direction::out);
    add(counting, 1, {1, 3, kSyn, 7}, Direction::out);
    add(counting, 1, {1, 2, kSyn, 7}, Direction::in); // loopback shows it arriving as well
    const Tally first = counting.take(nth(0)), second = counting.take(nth(1));
    CHECK(first.counts[0][1].syn == 2);
    CHECK(first.counts[0][1].syn_first == 1);
    CHECK(first.counts[1][1].syn_first == 1);
    CHECK(second.counts[0][1].syn == 4);
    CHECK(second.counts[0][1].syn_first == 3);
    CHECK(second.counts[1][1].syn_first == 0);
    CHECK(second.counts[0][0].syn_first == 1);
    CHECK(first.told_apart);
    CHECK(second.told_apart);
    CHECK(first.memory == 0);
    CHECK(second.memory == 1000);
}

TEST_CASE("more SYNs than can be remembered are SYN packets until the interval's end")
{
    Counting counting(kKey, 3, 0);
    for (std::uint16_t port = 1; port <= 5; ++port)
        add(counting, 0, {1, 2, kSyn, 7, 0, port}, Direction::out);
    add(counting, 1, {1, 2, kSyn, 7, 0, 1}, Direction::out);
    const Tally first = counting.take(nth(0)), second = counting.take(nth(1));
    CHECK(first.counts[0][1].syn == 5);
    CHECK_FALSE(first.told_apart);
    CHECK(second.told_apart);
    CHECK(second.memory == 0);
}

TEST_CASE("own SYNs and what answers them are told from others")
{
    Counting counting(kKey, 100, 0);
    add(counting, 0, {1, 2, kSyn, 0xffffffff}, Direction::out, true);
    add(counting, 0, {1, 2, kSyn, 7, 0, 1001}, Direction::out, false);
    add(counting, 0, {2, 1, kSyn | kAck, 5, 0}, Direction::in); // the number behind the last one is 0
    add(counting, 0, {2, 1, kSyn | kAck, 5, 8, 1001}, Direction::in);
    add(counting, 0, {2, 1, kRst | kAck, 0, 0}, Direction::in);
    add(counting, 0, {2, 1, kRst | kAck, 0, 8, 1001}, Direction::in);
    add(counting, 0, {1, 2, kSyn | kAck, 5, 8, 1002}, Direction::out, true); // of a port that we listen on
    const Tally tally = counting.take(nth(0));
    CHECK(tally.counts[0][1].syn == 2);
    CHECK(tally.counts[0][1].syn_own == 1);
    CHECK(tally.counts[0][0].syn_ack == 2);
    CHECK(tally.counts[0][0].syn_ack_own == 1);
    CHECK(tally.counts[0][0].rst == 2);
    CHECK(tally.counts[0][0].rst_own == 1);
    CHECK(tally.counts[0][1].syn_ack_own == 1);
    CHECK(tally.own_told);
}

TEST_CASE("own SYNs are told also where others are too many to be remembered")
{
    Counting counting(kKey, 2, 0);
    for (std::uint16_t port = 1; port <= 9; ++port)
        add(counting, 0, {1, 2, kSyn, 7, 0, port}, Direction::out);
    add(counting, 0, {1, 2, kSyn, 7, 0, 99}, Direction::out, true);
    add(counting, 0, {2, 1, kSyn | kAck, 5, 8, 99}, Direction::in);
    const Tally tally = counting.take(nth(0));
    CHECK(tally.counts[0][1].syn_own == 1);
    CHECK(tally.counts[0][0].syn_ack_own == 1);
    CHECK(tally.own_told);
    CHECK_FALSE(tally.told_apart);
}
