#include "schedule/random.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace sonde;
using namespace sonde::schedule;
using namespace std::chrono_literals;

// "The random spread is a uniformly distributed random number taken from the interval [0:random-spread]."
TEST_CASE("spreads are uniform over their whole range [A5]")
{
    std::mt19937_64 generator(5);
    const Random random = [&] { return generator(); };
    for (const std::chrono::seconds spread : {1s, 180s, 86400s, std::chrono::seconds(4294967295)}) {
        // Kolmogorov and Smirnov: the largest distance between the drawn and the uniform distribution.
        constexpr std::size_t draws = 20'000;
        std::vector<double> drawn;
        for (std::size_t i = 0; i < draws; ++i) {
            const auto value = draw_spread(random, spread);
            REQUIRE(value >= 0ns);
            REQUIRE(value <= spread);
            drawn.push_back(static_cast<double>(value.count()) / (static_cast<double>(spread.count()) * 1e9));
        }
        std::sort(drawn.begin(), drawn.end());
        double distance = 0;
        for (std::size_t i = 0; i < draws; ++i) {
            distance = std::max(distance, std::abs(drawn[i] - static_cast<double>(i) / draws));
            distance = std::max(distance, std::abs(drawn[i] - static_cast<double>(i + 1) / draws));
        }
        CHECK(distance < 1.63 / std::sqrt(static_cast<double>(draws))); // 1 % of fair generators would fail
    }
}

TEST_CASE("both ends of a spread are drawn, and draws that would favour small values are not used [A5]")
{
    std::vector<std::uint64_t> draws{UINT64_MAX, 1'000'000'000, 1'000'000'001, 0};
    std::size_t next = 0;
    const Random random = [&] { return draws.at(next++); };
    CHECK(draw_spread(random, 1s) == 1s); // UINT64_MAX lies in the incomplete last stretch
    CHECK(next == 2);
    CHECK(draw_spread(random, 1s) == 0s);
    CHECK(draw_spread(random, 1s) == 0s);
    CHECK(draw_spread(random, 0s) == 0s); // draws nothing
    CHECK(draw_spread(random, -1s) == 0s);
    CHECK(next == 4);
}

TEST_CASE("drawn identities are version 4 UUIDs and differ [A13]")
{
    std::mt19937_64 generator(5);
    const Random random = [&] { return generator(); };
    const Uuid a = draw_uuid(random);
    const Uuid b = draw_uuid(random);
    CHECK(a != b);
    for (const Uuid &id : {a, b}) {
        CHECK(id.version() == Uuid::version_random_number_based);
        CHECK(id.variant() == Uuid::variant_rfc_4122);
    }
}
