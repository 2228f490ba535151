#include "saturation.hpp"

#include "support/catch.hpp"

using namespace sonde::http_download;

TEST_CASE("streams are doubled as long as they bring more, up to the most")
{
    Saturation saturation(3, 16);
    CHECK(saturation.step(100) == 3);
    CHECK(saturation.step(200) == 6);
    CHECK(saturation.step(400) == 4);
    CHECK(saturation.step(800) == 0);
    CHECK_FALSE(saturation.stable());
}

TEST_CASE("two steps in a row without growth are stable, and nothing is added any more")
{
    Saturation saturation(1, 32);
    CHECK(saturation.step(1000) == 1);
    CHECK(saturation.step(1050) == 0); // 5 % is no growth
    CHECK_FALSE(saturation.stable());
    CHECK(saturation.step(1051) == 2); // over 5 % is
    CHECK(saturation.step(1000) == 0);
    CHECK(saturation.step(1100) == 0);
    CHECK(saturation.stable());
    CHECK(saturation.step(9000) == 0);
    CHECK(saturation.stable());
}

TEST_CASE("a line that brings nothing is stable too")
{
    Saturation saturation(1, 2);
    CHECK(saturation.step(0) == 0);
    CHECK(saturation.step(0) == 0);
    CHECK(saturation.stable());
}
