#pragma once

#include "schedule/world.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace sonde::schedule::test {

inline constexpr std::chrono::seconds kFleetPeriod = 300s;

// The runs of a fleet of agents with one task every five minutes, by the second of one such time.
struct FleetLoad {
    std::vector<unsigned> before = std::vector<unsigned>(kFleetPeriod.count());
    std::vector<unsigned> restarted = std::vector<unsigned>(kFleetPeriod.count()); // all at once, right after it
};

// Each agent is an engine of its own that dies and starts from what it had made durable. `spread`: all have the event
// at the same time, and draw; else each has it at its own, by its identity.
FleetLoad fleet_load(std::uint64_t agents, bool spread);

// How many times the mean the busiest second has.
double busiest(const std::vector<unsigned> &seconds);

} // namespace sonde::schedule::test
