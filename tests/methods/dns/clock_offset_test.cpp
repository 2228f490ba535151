#include "clock_offset.hpp"

#include "support/catch.hpp"

#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

using namespace sonde::dns;

namespace {

constexpr std::int64_t kUs = 1'000, kMs = 1'000'000, kAhead = 1'700'000'000'000'000'000;

// A host whose clocks go on by what each reading takes.
struct Clocks : sonde_host {
    explicit Clocks(std::vector<std::int64_t> takes) : sonde_host{}, readings(std::move(takes))
    {
        sonde_host::now = [](const sonde_host *host, sonde_clock clock) {
            auto &self = *const_cast<Clocks *>(static_cast<const Clocks *>(host));
            self.time += self.readings[self.next++ % self.readings.size()];
            return self.time + (clock == SONDE_CLOCK_WALL ? self.ahead : 0);
        };
    }

    std::vector<std::int64_t> readings;
    std::size_t next = 0;
    std::int64_t time = 0, ahead = kAhead;
};

} // namespace

TEST_CASE("a step of the wall clock is seen, and what a reading takes is none")
{
    Clocks clocks({kUs});
    const std::int64_t before = clock_offset(clocks);
    CHECK(std::llabs(before - kAhead) <= kUs);
    CHECK_FALSE(clock_stepped(before, clock_offset(clocks)));
    for (const std::int64_t step : {kMs, -kMs}) {
        clocks.ahead = kAhead + step;
        CHECK(clock_stepped(before, clock_offset(clocks)));
    }
    clocks.ahead = kAhead + 20 * kUs; // slewed meanwhile
    CHECK_FALSE(clock_stepped(before, clock_offset(clocks)));
}

TEST_CASE("two stamps make a difference unless the clock was set since the first or the later one is earlier")
{
    Clocks clocks({kUs});
    const std::int64_t offset = clock_offset(clocks);
    CHECK(between_stamps(clocks, offset, kAhead, kAhead + 5) == 5);
    CHECK(between_stamps(clocks, offset, kAhead, kAhead) == 0);
    CHECK(between_stamps(clocks, offset, kAhead, kAhead - 1) == std::nullopt);
    clocks.ahead = kAhead + kMs;
    CHECK(between_stamps(clocks, offset, kAhead, kAhead + kMs) == std::nullopt);
}

TEST_CASE("who loses the processor within a reading of the clocks has seen no step")
{
    Clocks clocks({kUs, 40 * kMs, kUs, kUs, kUs, 40 * kMs, kUs, kUs, kUs}); // in two of the first three readings
    CHECK(std::llabs(clock_offset(clocks) - kAhead) <= kUs);
}
