#pragma once

#include "base/clock.hpp"
#include "model/instruction.hpp"
#include "programs/cli/plan/costs.hpp"
#include "programs/cli/plan/fleet.hpp"
#include "programs/cli/plan/simulation.hpp"
#include "programs/cli/plan/timeline.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sonde::cli {

// What one action does on one line in all of the time.
struct ActionForecast {
    std::uint64_t runs = 0;
    std::optional<WallTime> first;
    std::optional<WallTime> last;
    NotStarted not_started;
    std::optional<std::uint64_t> bytes_max; // of all its runs; nothing: nobody says
};

// What becomes of an instruction, on one line and in a fleet.
struct Forecast {
    const model::Instruction &instruction;
    Costs costs;
    SimulatedTime time;
    std::vector<std::vector<ActionForecast>> actions; // of the fleet's first agent
    std::uint64_t agents = 0;                         // that the fleet has
    FleetExtent extent;                               // what of it was simulated
    Fleet fleet;

    double days() const;
    std::uint64_t runs() const;
    std::uint64_t planned() const; // with those that do not start
    // Each agent that was simulated stands for so many.
    double stands_for() const { return static_cast<double>(agents) / static_cast<double>(extent.agents); }
    // Upper bounds of what one line carries a day, as far as it is known.
    std::uint64_t daily_bytes(const ActionForecast &action) const;
    std::uint64_t daily_bytes() const;
};

// The first agent's part, as if it were the whole fleet, but for the loads; with each run on its schedule's line of
// `timeline`.
Forecast forecast_line(const model::Instruction &instruction, Costs costs, std::uint64_t seed,
                       const SimulatedTime &time, Timeline &timeline);

// "schedule/action".
std::string name_of(const model::Instruction &instruction, ActionPlace place);

// One JSON object a row, as people and programs get them.
std::vector<std::string> action_rows(const Forecast &forecast);
std::vector<std::string> load_rows(const Forecast &forecast);
std::vector<std::string> meeting_rows(const Forecast &forecast);
std::string whole_row(const Forecast &forecast);
// A row for each minute of each load in which something starts.
std::vector<std::string> minute_rows(const Forecast &forecast);

// What somebody should look at before this comes into force, a sentence each.
std::vector<std::string> warnings_of(const Forecast &forecast);
// The same as rows.
std::vector<std::string> warning_rows(const Forecast &forecast);

} // namespace sonde::cli
