#include "schedule/local_time.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::schedule;
using namespace std::chrono_literals;

TEST_CASE("a window of local time has its beginning and not its end, and may lie over midnight [A7]")
{
    const model::LocalTimeWindow night{22h, 6h}, day{8h, 20h};
    CHECK(in_window(day, 8h));
    CHECK(in_window(day, 20h - 1s));
    CHECK_FALSE(in_window(day, 20h));
    CHECK_FALSE(in_window(day, 8h - 1s));
    CHECK(in_window(night, 22h));
    CHECK(in_window(night, 0s));
    CHECK(in_window(night, 6h - 1s));
    CHECK_FALSE(in_window(night, 6h));
    CHECK_FALSE(in_window(night, 12h));
    CHECK_FALSE(in_window({8h, 8h}, 8h));
}

TEST_CASE("the time of day is that of the zone")
{
    const WallTime evening = std::chrono::sys_days{std::chrono::year{2026} / 7 / 1} + 23h + 30min + 1s + 1ns;
    CHECK(time_of_day(Zone(), evening) == 23h + 30min + 1s);
    CHECK(time_of_day(Zone(60min), evening) == 30min + 1s);
    CHECK(time_of_day(Zone(-600min), evening) == 13h + 30min + 1s);
    CHECK(time_of_day(Zone::named("Europe/London").value(), evening) == 30min + 1s);
}
