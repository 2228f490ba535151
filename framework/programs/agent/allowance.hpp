#pragma once

#include "base/clock.hpp"
#include "model/constraint.hpp"
#include "policy/limit.hpp"

#include <cstdint>
#include <vector>

namespace sonde::agent {

// What measurements have put on the line.
struct Usage {
    std::uint64_t today = 0; // of UTC, as all of this
    std::uint64_t this_month = 0;
    std::uint64_t of_burst = 0; // what the token bucket lacks
};

// The limits of an instruction's data budget, which hold beside the owner's own: all, and those of spans of time alone.
// Pure logic.
std::vector<policy::ByteLimit> limits_of(const model::DataBudget &budget, const Usage &used, WallTime now);
std::vector<policy::ByteLimit> spans_of(const model::DataBudget &budget, const Usage &used, WallTime now);

} // namespace sonde::agent
