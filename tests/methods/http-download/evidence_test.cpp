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
    CHECK(judge(evidence(950 * kMsNs, 0)) == Limit::receiver_cpu);
    CHECK(judge(evidence(500 * kMsNs, 450 * kMsNs)) == Limit::receiver_cpu);
    CHECK(judge(evidence(500 * kMsNs, 100 * kMsNs)) == Limit::sender_or_path);
}

TEST_CASE("windows that are mostly full were the limit")
{
    Evidence seen = evidence(0, 0);
    seen.full_windows = 6;
    CHECK(judge(seen) == Limit::receive_window);
    seen.full_windows = 5;
    CHECK(judge(seen) == Limit::sender_or_path);
}

TEST_CASE("a kernel that does not tell the window leaves the verdict open")
{
    Evidence seen = evidence(0, 0);
    seen.samples = 0;
    CHECK_FALSE(judge(seen));
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
