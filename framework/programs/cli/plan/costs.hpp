#pragma once

#include "model/instruction.hpp"
#include "plugin_host/catalogue.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sonde::cli {

// What one run of an action means for the line and for others, as far as its method's description tells.
struct ActionCost {
    bool reports = false;
    std::vector<std::string> targets;       // of a report: its collector
    std::optional<std::uint64_t> bytes_max; // that a run puts on the line; nothing: nobody says
    bool exclusive = false;                 // no other active method is to run beside it
    bool takes_turn = false;                // waits for those that are exclusive, or is it
    bool active = false;                    // may send traffic of its own
    std::string unknown;                    // why nothing is known; empty: it is
};

// By schedule and action, as they stand in the instruction.
using Costs = std::vector<std::vector<ActionCost>>;

// `catalogue` may be null: then no method is known.
Costs costs_of(const model::Instruction &instruction, const plugin_host::Catalogue *catalogue);

} // namespace sonde::cli
