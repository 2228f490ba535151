#pragma once

#include "model/instruction.hpp"
#include "programs/cli/plan/costs.hpp"
#include "programs/cli/plan/load.hpp"
#include "programs/cli/plan/meetings.hpp"
#include "programs/cli/plan/simulation.hpp"

#include <cstdint>
#include <functional>

namespace sonde::cli {

// Which part of a fleet's time is simulated, so that it takes neither minutes nor a machine's memory.
struct FleetExtent {
    std::uint64_t agents = 0; // so many at most
    WallTime until;           // of whole days, but for a shorter time as a whole
};

// `runs` are those that one agent plans in all of `time`, `targets` the number of loads.
FleetExtent extent_of(std::uint64_t agents, const SimulatedTime &time, std::uint64_t runs, std::size_t targets);

struct Fleet {
    Loads loads;
    Meetings meetings;
};

// Simulates so many agents on all processors; `progress` is called by this thread now and then, with the number of
// those that are done.
Fleet simulate_fleet(const model::Instruction &instruction, const Costs &costs, std::uint64_t seed,
                     const SimulatedTime &time, std::uint64_t agents,
                     const std::function<void(std::uint64_t done)> &progress);

} // namespace sonde::cli
