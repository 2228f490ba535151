#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/instruction.hpp"
#include "programs/cli/plan/costs.hpp"
#include "schedule/zone.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

// What an agent would do by an instruction: the schedule engine itself on a clock that jumps from one trigger to the
// next.
namespace sonde::cli {

// An action by its place: the index of its schedule in the instruction, its own in the schedule.
struct ActionPlace {
    std::size_t schedule = 0;
    std::size_t action = 0;

    auto operator<=>(const ActionPlace &) const = default;
};

struct SimulatedTime {
    WallTime from; // the agent starts, and the instruction comes into force
    WallTime until;
    std::chrono::nanoseconds run_time{0}; // every run takes as long
    // For its turn on the line; then a run begins all the same. As an agent has it unless told otherwise.
    std::chrono::nanoseconds longest_wait = std::chrono::minutes(5);
    schedule::Zone zone{}; // of calendars without an offset
};

// Runs of one action that do not start, by the outcome that accounts for them.
struct NotStarted {
    std::uint64_t overlapped = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t missed = 0;
    std::uint64_t interrupted = 0; // before their turn, by the schedule's end
    std::uint64_t not_met = 0;     // outside of their local-time-window

    std::uint64_t sum() const { return overlapped + suppressed + missed + interrupted + not_met; }
    NotStarted &operator+=(const NotStarted &other);
};

// One of the agents of a fleet: the same number and seed draw the same identity and spreads.
struct SimulatedAgent {
    std::uint64_t seed = 1;
    std::uint64_t number = 0;
};

// Hears of the runs of an agent, in the order of the times. Each may be empty.
struct SimulatedLine {
    // A run begins `at`, and would have begun `since` if it had not had to wait for its turn on the line.
    std::function<void(ActionPlace, WallTime since, WallTime at)> begins{};
    std::function<void(ActionPlace, WallTime at)> ends{};
};

// Simulates an agent whose controller always answers and whose constraints are met, but for those that the clock alone
// decides. All its runs begin in [from, until); those that go on then end there. Returns what did not start, by
// schedule and action; what waits for its turn at the end is in neither. Pure but for what it calls; threads may
// simulate side by side.
std::vector<std::vector<NotStarted>> simulate(const model::Instruction &instruction, const Costs &costs,
                                              SimulatedAgent agent, const SimulatedTime &time,
                                              const SimulatedLine &line);

} // namespace sonde::cli
