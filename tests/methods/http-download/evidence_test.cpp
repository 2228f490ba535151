#include "evidence.hpp"

#include "support/catch.hpp"

using namespace sonde::http_download;

namespace {

constexpr std::int64_t kMsNs = 1'000'000;

Evidence evidence(std::int64_t cpu, std::int64_t waiting)
{
    Evidence seen;
    seen.end = End::duration;
    seen.warm = Snapshot{1'000 * kMsNs, 50 * kMsNs, 0, 0};
    seen.last = Snapshot{2'000 * kMsNs, 50 * kMsNs + cpu, waiting, 0};
    seen.samples = 10;
    return seen;
}

} // namespace

TEST_CASE("a process that computed or waited for a processor all the time was the limit")
{
    CHECK(judge(evidence(950 * kMsNs, 0)) == Limit::own_cpu);
    CHECK(judge(evidence(500 * kMsNs, 450 * kMsNs)) == Limit::own_cpu);
    CHECK(judge(evidence(500 * kMsNs, 100 * kMsNs)) == Limit::other_side);
}

TEST_CASE("windows that are mostly full were the limit")
{
    Evidence seen = evidence(0, 0);
    seen.full_windows = 6;
    CHECK(judge(seen) == Limit::receive_window);
    seen.full_windows = 5;
    CHECK(judge(seen) == Limit::other_side);
}

TEST_CASE("a kernel that does not tell the window leaves the verdict unknown, and says so")
{
    Evidence seen = evidence(0, 0);
    seen.samples = 0;
    CHECK(judge(seen) == Limit::unknown);
}

TEST_CASE("a run that ended within the warm-up was too short, one that met its byte limit was limited by it")
{
    Evidence seen = evidence(0, 0);
    seen.warm.reset();
    CHECK(judge(seen) == Limit::too_short);
    seen.end = End::budget;
    CHECK(judge(seen) == Limit::budget);
    CHECK_FALSE(busy_share(seen));
}

TEST_CASE("a window filled because a queue has grown is not the receiver's limit")
{
    const WindowSample full = {1'000'000, 100 * kMsNs, 50 * kMsNs, 40 * kMsNs, 500'000};
    CHECK(fills_window(full));
    WindowSample queued = full;
    queued.idle_round_trip = 10 * kMsNs;
    CHECK_FALSE(fills_window(queued));
    WindowSample roomy = full;
    roomy.receive_window = 1'000'000;
    CHECK_FALSE(fills_window(roomy));
    WindowSample none = full;
    none.duration = 0;
    CHECK_FALSE(fills_window(none));
}

TEST_CASE(
    "where the round trip is shorter than a receiver's kernel tells, a window is full that fills within the idle one")
{
    // 32 KiB each 0.2 ms; the kernel says 1 ms.
    const WindowSample full = {16 * 1024 * 1024, 100 * kMsNs, kMsNs, kMsNs / 5, 32 * 1024};
    CHECK(fills_window(full));
    WindowSample slower = full;
    slower.bytes /= 4;
    CHECK_FALSE(fills_window(slower));
}

TEST_CASE("a look spans several round trips, in each of which all may come at once")
{
    WindowSample sample;
    sample.round_trip = 110 * kMsNs;
    sample.duration = 400 * kMsNs;
    CHECK_FALSE(is_complete(sample));
    sample.duration = 500 * kMsNs;
    CHECK(is_complete(sample));
}

TEST_CASE("a sender is held by what held it for most of the time in which it had something to send")
{
    Evidence seen = evidence(0, 0);
    seen.direction = Direction::up;
    CHECK(judge(seen) == Limit::unknown);
    seen.sender_warm = {500 * kMsNs, 500 * kMsNs, 0};
    seen.sender_last = {1'500 * kMsNs, 500 * kMsNs, 0};
    CHECK(judge(seen) == Limit::other_side);
    seen.sender_last.held_by_window = 1'001 * kMsNs;
    CHECK(judge(seen) == Limit::receive_window);
    seen.sender_last = {1'500 * kMsNs, 500 * kMsNs, 501 * kMsNs};
    CHECK(judge(seen) == Limit::send_buffer);
    seen.last.cpu += 950 * kMsNs;
    CHECK(judge(seen) == Limit::own_cpu);
}
