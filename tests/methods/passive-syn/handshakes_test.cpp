#include "handshakes.hpp"

#include "frames.hpp"
#include "round_trips.hpp"

#include "support/catch.hpp"

using namespace sonde::passive_syn;
using namespace std::chrono_literals;
using What = Handshakes::What;

namespace {

constexpr sonde::plugin::HashKey kHandshakeKey{7};
constexpr std::int64_t kTmax = 1000;

Handshakes::Noted note(Handshakes &handshakes, std::uint8_t flags, std::int64_t time, std::uint16_t port = 1000,
                       const Buffer &data = {})
{
    Buffer segment = tcp(flags) + data;
    const bool answers = (flags & kAck) != 0;
    put16(segment, answers ? 2 : 0, port);
    put16(segment, answers ? 0 : 2, 80);
    segment[answers ? 11 : 7] = answers ? 6 : 5;
    const Buffer frame = ethernet(0x0800, ipv4(segment));
    const auto packet = classify(Link::ethernet, frame);
    REQUIRE(packet);
    return handshakes.note({*packet, time, answers ? Direction::in : Direction::out, false});
}

} // namespace

TEST_CASE("an answer ends the attempt that it answers, once")
{
    Handshakes handshakes(kHandshakeKey, 10, kTmax);
    CHECK(note(handshakes, kSyn, 100, 1).what == What::begun);
    CHECK(note(handshakes, kSyn, 120, 2).what == What::begun);
    const auto answered = note(handshakes, kSyn | kAck, 150, 1);
    REQUIRE(answered.what == What::ended);
    CHECK(answered.ended->end == Handshake::End::answered);
    CHECK(answered.ended->elapsed == 50);
    CHECK(answered.ended->direction == Direction::out);
    CHECK_FALSE(answered.ended->repeated);
    CHECK(note(handshakes, kSyn | kAck, 160, 1).what == What::unmatched);
    // A refusal's sequence number is 0, what it acknowledges is not.
    Handshakes others(kHandshakeKey, 10, kTmax);
    CHECK(note(others, kSyn | kAck, 1).what == What::unmatched);
}

TEST_CASE("nobody knows which transmission of a SYN was answered")
{
    Handshakes handshakes(kHandshakeKey, 10, kTmax);
    note(handshakes, kSyn, 0);
    CHECK(note(handshakes, kSyn, 500).what == What::repeated);
    const auto answered = note(handshakes, kSyn | kAck, 510);
    REQUIRE(answered.ended);
    CHECK(answered.ended->repeated);
}

TEST_CASE("an attempt waits for its answer as long as tmax, and then has none")
{
    Handshakes handshakes(kHandshakeKey, 10, kTmax);
    note(handshakes, kSyn, 0, 1);
    note(handshakes, kSyn, 10, 2);
    note(handshakes, kSyn, 20, 3);
    CHECK(note(handshakes, kSyn | kAck, kTmax + 10, 2).what == What::ended); // just in time
    CHECK(note(handshakes, kSyn | kAck, kTmax + 10, 1).what == What::unmatched);
    CHECK_FALSE(handshakes.expire(0, kTmax));
    const auto expired = handshakes.expire(0, kTmax + 11);
    REQUIRE(expired);
    CHECK(expired->syn == 0);
    CHECK(expired->end == Handshake::End::unanswered);
    CHECK_FALSE(handshakes.expire(0, kTmax + 11));
    CHECK(handshakes.expire(0, kTmax + 21)->syn == 20);
    CHECK_FALSE(handshakes.expire(0, 100 * kTmax));
}

TEST_CASE("an attempt is taken out for the interval in which its time ended")
{
    Handshakes handshakes(kHandshakeKey, 10, kTmax);
    note(handshakes, kSyn, 0);
    CHECK_FALSE(handshakes.expire(kTmax + 1, 10 * kTmax)); // of an earlier one
    CHECK_FALSE(handshakes.expire(0, kTmax));
    CHECK(handshakes.expire(kTmax, kTmax + 1));
}

TEST_CASE("what seems to come before its SYN answers nothing")
{
    Handshakes handshakes(kHandshakeKey, 10, kTmax);
    note(handshakes, kSyn, 100);
    CHECK(note(handshakes, kSyn | kAck, 99).what == What::unmatched);
}

TEST_CASE("at most so many attempts wait, however many have been answered before")
{
    Handshakes handshakes(kHandshakeKey, 2, kTmax);
    for (std::uint16_t port = 1; port < 100; ++port) {
        CHECK(note(handshakes, kSyn, port, port).what == What::begun);
        CHECK(note(handshakes, kSyn | kAck, port, port).what == What::ended);
    }
    note(handshakes, kSyn, 100, 200);
    note(handshakes, kSyn, 100, 201);
    CHECK(note(handshakes, kSyn, 100, 202).what == What::untracked);
    CHECK(note(handshakes, kSyn | kAck, 101, 202).what == What::unmatched);
    CHECK(handshakes.expire(0, 10 * kTmax));
    CHECK(handshakes.expire(0, 10 * kTmax));
    CHECK_FALSE(handshakes.expire(0, 10 * kTmax));
}

TEST_CASE("an attempt whose SYN carries data is not followed, since its answer may acknowledge that as well")
{
    Handshakes handshakes(kHandshakeKey, 10, kTmax);
    CHECK(note(handshakes, kSyn, 0, 1, Buffer(1)).what == What::untracked);
    CHECK(note(handshakes, kSyn | kAck, 10, 1).what == What::unmatched);
    CHECK_FALSE(handshakes.expire(0, 10 * kTmax));
}

TEST_CASE("what waits when the clock is set has no end")
{
    Handshakes handshakes(kHandshakeKey, 10, kTmax);
    note(handshakes, kSyn, 0);
    handshakes.forget();
    CHECK(note(handshakes, kSyn | kAck, 10).what == What::unmatched);
    CHECK_FALSE(handshakes.expire(0, 10 * kTmax));
}

TEST_CASE("round trips have percentiles by nearest rank, and none where they could not all be kept")
{
    RoundTrips none;
    CHECK_FALSE(none.min());
    CHECK_FALSE(none.mean());
    CHECK_FALSE(none.median());
    CHECK_FALSE(none.percentile(95));
    RoundTrips some;
    for (int i = 20; i >= 1; --i)
        some.add(std::chrono::nanoseconds(i));
    CHECK(some.min() == 1ns);
    CHECK(some.max() == 20ns);
    CHECK(some.percentile(95) == 19ns);
    CHECK(some.percentile(99) == 20ns);
    CHECK(some.median() == 10ns);
    some.add(100ns);
    CHECK(some.median() == 11ns);
    RoundTrips many;
    for (std::size_t i = 0; i <= RoundTrips::kKept; ++i)
        many.add(2ns);
    CHECK(many.mean() == 2ns);
    CHECK(many.count() == RoundTrips::kKept + 1);
    CHECK_FALSE(many.median());
    CHECK_FALSE(many.percentile(99));
}
