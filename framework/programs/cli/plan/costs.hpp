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
    std::string target; // the collector of a report, else the first target of a method; empty: none is named
    std::optional<std::uint64_t> bytes_max;
    bool exclusive = false; // no other active method runs beside it
    bool active = true;
    std::string unknown; // why nothing is known; empty: it is
};

// By schedule and action, as they stand in the instruction. `catalogue` may be null: then no method is known.
std::vector<std::vector<ActionCost>> costs_of(const model::Instruction &instruction,
                                              const plugin_host::Catalogue *catalogue);

} // namespace sonde::cli
