#include "low_water.hpp"

#include "support/catch.hpp"

#include <sonde/plugin.hpp>

#include <netinet/in.h>

using namespace sonde::http_download;

TEST_CASE(
    "every byte wakes a reader below a gigabit, what comes in half a millisecond above it, and never what may not come")
{
    constexpr std::int64_t kTenth = 100'000'000; // ns
    const sonde::plugin::Fd fd(socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(fd);
    const auto told = [&fd] {
        int bytes = 0;
        socklen_t length = sizeof bytes;
        REQUIRE(getsockopt(fd.get(), SOL_SOCKET, SO_RCVLOWAT, &bytes, &length) == 0);
        return bytes;
    };
    LowWater low_water;
    low_water.begin(fd.get());
    low_water.choose(10'000'000, kTenth, 1'000'000'000); // 800 Mb/s
    CHECK(told() == 1);
    low_water.choose(100'000'000, kTenth, 1'000'000'000);
    CHECK(told() == 256 * 1024);
    low_water.choose(1'000'000'000, kTenth, 1'000'000'000);
    CHECK(told() == 512 * 1024);
    low_water.keep_below(2'000'000);
    CHECK(told() == 512 * 1024);
    low_water.keep_below(1'000'000);
    CHECK(told() == 1);
    low_water.choose(100'000'000, kTenth, 500'000);
    CHECK(told() == 1);
    low_water.choose(100'000'000, kTenth, 600'000);
    CHECK(told() == 256 * 1024);
    low_water.choose(0, kTenth, 1'000'000'000);
    CHECK(told() == 1);
    low_water.choose(1'000'000, 0, 1'000'000'000);
    CHECK(told() == 1);
}
