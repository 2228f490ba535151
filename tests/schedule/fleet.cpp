#include "schedule/fleet.hpp"

#include <algorithm>
#include <numeric>

namespace sonde::schedule::test {

namespace {

// The agents' first triggers are behind by then, and the crash falls within a period.
constexpr std::chrono::seconds kSettled = 2 * kFleetPeriod;
constexpr std::chrono::seconds kCrash = kSettled + kFleetPeriod + kFleetPeriod / 2;
constexpr std::chrono::seconds kDown = 5s;

void count(std::vector<unsigned> &seconds, const World &world, WallTime from)
{
    for (const Started &started : world.started) {
        const auto second = std::chrono::floor<std::chrono::seconds>(started.at - from).count();
        if (second >= 0 && second < kFleetPeriod.count())
            ++seconds[static_cast<std::size_t>(second)];
    }
}

} // namespace

FleetLoad fleet_load(std::uint64_t agents, bool spread)
{
    const auto asked = instruction(
        {spread ? periodic("e", kFleetPeriod, kFleetPeriod) : periodic("e", kFleetPeriod, 0s, std::nullopt)},
        {schedule_of("s", "e")});
    FleetLoad load;
    for (std::uint64_t seed = 0; seed < agents; ++seed) {
        World world(kMonday, seed);
        world.agent = draw_uuid([&world] { return world.random(); });
        world.start(asked);
        world.run_for(kCrash);
        world.crash(kDown);
        world.start(asked);
        world.run_for(kFleetPeriod);
        count(load.before, world, kMonday + kSettled);
        count(load.restarted, world, kMonday + kCrash + kDown);
    }
    return load;
}

double busiest(const std::vector<unsigned> &seconds)
{
    const double mean = std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(seconds.size());
    return *std::max_element(seconds.begin(), seconds.end()) / mean;
}

} // namespace sonde::schedule::test
