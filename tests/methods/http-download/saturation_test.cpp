#include "saturation.hpp"

#include "support/catch.hpp"

using namespace sonde::http_download;

namespace {

constexpr std::int64_t kSecond = Saturation::kStep;

// Looked at each second, more or less, and told what that second brought.
struct Line {
    explicit Line(Saturation &of) : saturation(of) {}

    std::uint32_t second(std::uint64_t brought, std::int64_t late = 0)
    {
        elapsed += kSecond;
        bytes += brought;
        return saturation.look(elapsed + late, bytes);
    }

    Saturation &saturation;
    std::int64_t elapsed = 0;
    std::uint64_t bytes = 0;
};

} // namespace

TEST_CASE("streams are doubled as long as they bring more, up to the most")
{
    Saturation saturation(3, 16);
    Line line(saturation);
    CHECK(line.second(100) == 3);
    CHECK(line.second(200) == 6);
    CHECK(line.second(400) == 4);
    CHECK(line.second(800) == 0);
    CHECK_FALSE(saturation.stable());
}

TEST_CASE("two steps in a row without growth are stable, and nothing is added any more")
{
    Saturation saturation(1, 32);
    Line line(saturation);
    CHECK(line.second(1000) == 1);
    CHECK(line.second(1049) == 0); // under 5 % is no growth
    CHECK_FALSE(saturation.stable());
    CHECK(line.second(1051) == 2); // over 5 % is
    CHECK(line.second(1000) == 0);
    CHECK(line.second(1100) == 0);
    CHECK(saturation.stable());
    CHECK(line.second(9000) == 0);
    CHECK(saturation.stable());
}

TEST_CASE("a line that brings nothing is stable too")
{
    Saturation saturation(1, 2);
    Line line(saturation);
    CHECK(line.second(0) == 0);
    CHECK(line.second(0) == 0);
    CHECK(saturation.stable());
}

TEST_CASE("a look that comes late judges a step by the time it took, and none is left out")
{
    Saturation saturation(1, 32);
    // 1000 bytes a second, looked at each tenth of one; the looks from 0.9 to 1.6 s come as one, at 1.6 s.
    std::uint32_t added = 0;
    for (const int tenth :
         {1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36})
        added += saturation.look(tenth * kSecond / 10, static_cast<std::uint64_t>(tenth) * 100);
    CHECK(added == 1); // for the first step alone: the line never brought more
    CHECK(saturation.stable());
}

TEST_CASE("looks that come a little early and a little late make steps of a second all the same")
{
    Saturation saturation(1, 32);
    std::uint32_t steps = 0;
    std::uint64_t bytes = 0;
    for (int tenth = 1; tenth <= 40; ++tenth) {
        const std::int64_t jitter = (tenth % 3 - 1) * kSecond / 100;
        bytes = static_cast<std::uint64_t>((1 << (tenth / 10)) - 1) * 1000; // each second twice as much
        steps += saturation.look(tenth * kSecond / 10 + jitter, bytes) > 0 ? 1 : 0;
    }
    CHECK(steps == 4);
}
