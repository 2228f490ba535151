#include "plan.hpp"

#include "support/catch.hpp"

#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace sonde::dns;

namespace {

Settings asking_for(std::vector<std::string> names)
{
    Settings settings;
    settings.names = std::move(names);
    settings.count = 2;
    settings.connections = {Reuse::cold, Reuse::resumed};
    return settings;
}

} // namespace

TEST_CASE("servers take turns first, then the ways to ask, then the names, then the rounds")
{
    Settings settings = asking_for({"a.test", "b.test"});
    settings.transports = {Transport::udp, Transport::dot};
    const Plan plan(settings, 2);
    REQUIRE(plan.size() == 2 * 2 * 3 * 2);
    for (std::uint64_t number = 0; number < plan.size(); ++number) {
        const Asked asked = plan.at(number);
        CHECK(asked.server == number % 2);
        const std::uint64_t way = number / 2 % 3;
        CHECK(asked.transport == (way == 0 ? Transport::udp : Transport::dot));
        CHECK(asked.reuse == (way == 2 ? Reuse::resumed : Reuse::cold));
        CHECK(asked.question == number / 6 % 2);
    }
    CHECK(plan.uses_datagrams());
}

TEST_CASE("each server is first asked who it is, where that is wanted")
{
    Settings settings = asking_for({"a.test"});
    settings.identify = true;
    const Plan plan(settings, 3);
    REQUIRE(plan.size() == 3 + 2 * 3);
    REQUIRE(plan.questions().size() == 2);
    for (std::uint64_t number = 0; number < plan.size(); ++number) {
        CHECK(plan.is_identity(plan.at(number).question) == (number < 3));
        CHECK(plan.at(number).server == number % 3);
    }
}

TEST_CASE("gaps of a Poisson process are exponential")
{
    constexpr std::chrono::nanoseconds kMean{1'000'000};
    std::mt19937_64 random(7);
    double sum = 0;
    int longer = 0;
    constexpr int kDraws = 20'000;
    for (int i = 0; i < kDraws; ++i) {
        const std::int64_t gap = poisson_gap(kMean, random());
        REQUIRE(gap >= 0);
        sum += static_cast<double>(gap);
        longer += gap > kMean.count() ? 1 : 0;
    }
    CHECK(sum / kDraws == Approx(1e6).epsilon(0.03));
    CHECK(static_cast<double>(longer) / kDraws == Approx(0.3679).epsilon(0.03));
    CHECK(poisson_gap(kMean, UINT64_MAX) < 40 * kMean.count());
    CHECK(poisson_gap(kMean, 0) == 0);
}

TEST_CASE("TCP has nothing to resume, and asks in no such way")
{
    Settings settings = asking_for({"a.test"});
    settings.transports = {Transport::tcp};
    const Plan plan(settings, 1);
    CHECK(plan.size() == 2);
    CHECK_FALSE(plan.uses_datagrams());
    settings.connections = {Reuse::resumed};
    CHECK_THROWS_AS(Plan(settings, 1), sonde::plugin::Failure);
    settings.transports = {Transport::udp, Transport::tcp, Transport::dot};
    CHECK_THROWS_AS(Plan(settings, 1), sonde::plugin::Failure);
}
