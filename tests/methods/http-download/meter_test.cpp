#include "held_back.hpp"
#include "meter.hpp"

#include "support/catch.hpp"

#include <numeric>
#include <random>

using namespace sonde::http_download;

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kStart = 5'000 * kMs + 17;

Settings settings()
{
    Settings settings;
    settings.duration = 1'000 * kMs;
    settings.warm_up = 250 * kMs;
    settings.limit = 1'000'000'000;
    return settings;
}

} // namespace

TEST_CASE("windows share their edges, and one in which nothing came is there with 0 bytes")
{
    Windows windows(kStart, 100 * kMs, kStart);
    windows.add(kStart, 1);
    windows.add(kStart + 100 * kMs - 1, 2);
    windows.add(kStart + 100 * kMs, 4);
    windows.add(kStart + 350 * kMs, 8);
    const auto taken = windows.take(kStart + 399 * kMs);
    REQUIRE(taken.size() == 3);
    CHECK(taken[0].bytes == 3);
    CHECK(taken[1].bytes == 4);
    CHECK(taken[2].bytes == 0);
    CHECK(taken[2].start == kStart + 200 * kMs);
    const auto last = windows.finish(kStart + 360 * kMs);
    REQUIRE(last.size() == 1);
    CHECK(last[0].duration == 60 * kMs);
    CHECK(last[0].bytes == 8);
}

TEST_CASE("windows may count bytes held back until a retransmission by timer and two round trips have passed")
{
    constexpr std::int64_t ms = 1'000'000;
    HeldBack held;
    CHECK_FALSE(held.may_count_in({0, 100 * ms, 1}));
    held.note(1000 * ms, 50 * ms);
    CHECK(held.may_count_in({900 * ms, 100 * ms, 1}));
    CHECK(held.may_count_in({1200 * ms, 100 * ms, 1}));
    CHECK_FALSE(held.may_count_in({1300 * ms, 100 * ms, 1}));
    held.note(1100 * ms, 0);
    CHECK_FALSE(held.may_count_in({1300 * ms, 100 * ms, 1}));
    held.note(1100 * ms, 200 * ms);
    CHECK(held.may_count_in({1600 * ms, 100 * ms, 1}));
}

TEST_CASE("bytes read on the very edge at which all ends belong to the last window")
{
    Windows windows(kStart, 100 * kMs, kStart);
    windows.add(kStart + 100 * kMs, 8);
    const auto last = windows.finish(kStart + 100 * kMs);
    REQUIRE(last.size() == 1);
    CHECK(last[0].bytes == 8);
    CHECK(last[0].duration == 100 * kMs);
}

TEST_CASE("the windows together hold every byte, and those after the warm-up hold what is counted apart")
{
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        Windows windows(kStart, 100 * kMs, kStart + 300 * kMs);
        std::vector<Window> all;
        std::int64_t now = kStart;
        for (int i = 0; i < 200; ++i) {
            now += static_cast<std::int64_t>(random() % (30 * kMs));
            windows.add(now, random() % 1000);
            if (random() % 5 == 0) {
                const auto taken = windows.take(now);
                all.insert(all.end(), taken.begin(), taken.end());
            }
        }
        const auto last = windows.finish(now);
        all.insert(all.end(), last.begin(), last.end());
        std::uint64_t bytes = 0;
        std::uint64_t steady = 0;
        std::int64_t next = kStart;
        for (const Window &window : all) {
            REQUIRE(window.start == next);
            next += window.duration;
            bytes += window.bytes;
            steady += window.start >= kStart + 300 * kMs ? window.bytes : 0;
        }
        REQUIRE(next == now);
        REQUIRE(bytes == windows.bytes());
        REQUIRE(steady == windows.bytes_after_warm_up());
    }
}

TEST_CASE("the clock of a run begins with the first byte, and what comes after its end is not counted")
{
    const Settings asked = settings();
    Meter meter(asked);
    CHECK_FALSE(meter.begun());
    meter.check_time(kStart + 100'000 * kMs);
    CHECK_FALSE(meter.over());
    CHECK(meter.payload(kStart, 10));
    CHECK(meter.payload(kStart + 1'000 * kMs - 1, 10));
    CHECK_FALSE(meter.payload(kStart + 1'000 * kMs, 10));
    CHECK(meter.end() == End::duration);
    CHECK(meter.end_time() == kStart + 1'000 * kMs);
    CHECK(meter.windows().bytes() == 20);
    CHECK(meter.room() == 0);
}

TEST_CASE("a run by bytes never reads past them")
{
    Settings asked = settings();
    asked.bytes = 100;
    Meter meter(asked);
    CHECK(meter.room() == 100);
    meter.payload(kStart, 60);
    CHECK(meter.room() == 40);
    meter.payload(kStart + 5, 40);
    CHECK(meter.end() == End::bytes);
    CHECK(meter.end_time() == kStart + 5);
}

TEST_CASE("the byte limit stops the run while what the windows allow still fits")
{
    Settings asked = settings();
    asked.limit = 1'000'000;
    Meter meter(asked);
    meter.payload(kStart, 500'000);
    meter.wire(500'000, 20'000, 400'000);
    CHECK_FALSE(meter.over());
    meter.payload(kStart + 7, 60'000);
    meter.wire(60'000, 0, 0);
    CHECK(meter.end() == End::budget);
    CHECK(meter.end_time() == kStart + 7);
    CHECK(meter.ip_received_bytes() == 560'000);
    CHECK(meter.ip_sent_bytes() == 20'000);
}

TEST_CASE("the first reason to end stands")
{
    const Settings asked = settings();
    Meter meter(asked);
    meter.payload(kStart, 1);
    meter.finish(End::cancelled, kStart + 3);
    meter.finish(End::failed, kStart + 9);
    CHECK(meter.end() == End::cancelled);
    CHECK(meter.end_time() == kStart + 3);
}

TEST_CASE("a warm-up that waits for saturation ends when it is told to, and not by its time")
{
    Settings asked = settings();
    asked.streams = 1;
    asked.max_streams = 4;
    Meter meter(asked);
    meter.payload(kStart, 10);
    meter.payload(kStart + 300 * kMs, 20);
    CHECK(meter.warm_end_time() == kNotWarm);
    CHECK(meter.windows().bytes_after_warm_up() == 0);
    meter.warm_from(kStart + 400 * kMs);
    meter.payload(kStart + 399 * kMs, 40);
    meter.payload(kStart + 400 * kMs, 80);
    CHECK(meter.windows().bytes_after_warm_up() == 80);
    CHECK(meter.windows().bytes() == 150);
}

TEST_CASE("senders together offer no more than the bytes asked for")
{
    Settings asked = settings();
    asked.bytes = 100;
    Meter meter(asked);
    CHECK(meter.to_offer() == 100);
    meter.offer(70);
    CHECK(meter.to_offer() == 30);
    CHECK(meter.room() == 100);
    meter.payload(kStart, 100);
    CHECK(meter.end() == End::bytes);
    CHECK(meter.to_offer() == 0);
}
