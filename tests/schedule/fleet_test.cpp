#include "schedule/fleet.hpp"
#include "support/catch.hpp"

#include <numeric>

using namespace sonde::schedule::test;

namespace {

#ifdef SONDE_SANITIZED
constexpr std::uint64_t kAgents = 10'000;
#else
constexpr std::uint64_t kAgents = 100'000;
#endif
// Fewer agents are counted by longer times, so that the mean is the same, and chance plays the same part.
constexpr std::size_t kWidth = 100'000 / kAgents;

double busiest_of(const std::vector<unsigned> &seconds)
{
    std::vector<unsigned> counts(seconds.size() / kWidth);
    for (std::size_t i = 0; i < seconds.size(); ++i)
        counts[i / kWidth] += seconds[i];
    return busiest(counts);
}

} // namespace

TEST_CASE("a fleet's busiest second has at most 1.25 times the mean, also right after all have restarted at once [A5]")
{
    for (const bool spread : {false, true}) {
        INFO((spread ? "with random-spread" : "without start"));
        const FleetLoad load = fleet_load(kAgents, spread);
        for (const auto &seconds : {load.before, load.restarted}) {
            const auto runs = std::accumulate(seconds.begin(), seconds.end(), std::uint64_t{0});
            CHECK(static_cast<double>(runs) == Approx(kAgents).epsilon(0.01));
            CHECK(busiest_of(seconds) <= 1.25);
        }
    }
}
