#include "base/clock.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace std::chrono_literals;

namespace {

constexpr Now at(std::chrono::nanoseconds wall, std::chrono::nanoseconds monotonic)
{
    return {WallTime(1'000'000h + wall), MonotonicTime(5h + monotonic)};
}

void is(Now got, Now expected)
{
    CHECK(got.wall == expected.wall);
    CHECK(got.monotonic == expected.monotonic);
}

} // namespace

TEST_CASE("the later of a moment and one that lies ahead is that one, on both clocks")
{
    is(later_of(at(0s, 0s), at(5ms, 5ms).monotonic), at(5ms, 5ms));
    is(later_of(at(0s, 0s), at(5ms, 5ms)), at(5ms, 5ms));
    is(later_of(at(5ms, 5ms), at(0s, 0s)), at(5ms, 5ms));
}

TEST_CASE("no reading of the clocks dates a moment before one that it is not before [A13]")
{
    // Between the two clocks of this reading 30 us passed, and none between those that `due` was told from.
    const Now due = at(5ms, 5ms);
    is(later_of(at(1ms, 1ms + 30us), due), due);
    is(later_of(at(5ms - 10us, 5ms + 20us), due), at(5ms, 5ms + 20us));
}

TEST_CASE("what another process tells is believed as far as it can be true")
{
    const Now asked = at(5ms, 5ms);
    const Now heard = at(9ms, 9ms);
    is(told(asked.monotonic + 1ms, asked, heard), at(6ms, 6ms));
    is(told(asked.monotonic - 1h, asked, heard), asked);
    is(told(MonotonicTime::min(), asked, heard), asked);
    is(told(heard.monotonic + 1h, asked, heard), heard);
    is(told(MonotonicTime::max(), asked, heard), heard);
    // Nor on a clock that went ahead of the other between two readings.
    is(told(asked.monotonic, asked, at(9ms - 30us, 9ms)), asked);
}

TEST_CASE("a clock that was set meanwhile tells its own time")
{
    const Now due = at(5ms, 5ms);
    is(later_of(at(-1h, 1ms), due), at(-1h + 4ms, 5ms));
    is(later_of(at(-1h, 1s), due), at(-1h, 1s));
    is(later_of(at(1h, 1ms), due), at(1h + 4ms, 5ms));
}
