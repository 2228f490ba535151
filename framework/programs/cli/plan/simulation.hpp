#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/instruction.hpp"
#include "schedule/zone.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

// What agents would do by an instruction: the schedule engine itself on a clock that jumps from one trigger to the next.
namespace sonde::cli {

// One run that would start.
struct PlannedRun {
    std::size_t schedule = 0; // index into the instruction's schedules
    std::size_t action = 0;   // into its actions
    WallTime at;
};

struct SimulatedTime {
    WallTime from; // the agent starts, and the instruction comes into force
    WallTime until;
    std::chrono::nanoseconds run_time{0}; // every run takes as long
    schedule::Zone zone{};
};

// Of one schedule: actions that do not start, by the outcome that accounts for them.
struct NotStarted {
    std::uint64_t overlapped = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t missed = 0;
    std::uint64_t interrupted = 0; // before their turn, by the schedule's end
};

// Simulates one agent, calls `run` for each of its runs in the order of their times, and returns what did not start by
// schedule. The same seed draws the same spreads. Pure but for that call.
std::map<std::string, NotStarted> simulate(const model::Instruction &instruction, const Uuid &agent,
                                           std::uint64_t seed, const SimulatedTime &time,
                                           const std::function<void(const PlannedRun &)> &run);

} // namespace sonde::cli
