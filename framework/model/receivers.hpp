#pragma once

#include "model/instruction.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace sonde::model {

// Those of a schedule's actions that what other schedules pass to it goes to: the first, of a parallel schedule each
// (RFC 8194, leaf destination). None where it has no action.
inline std::span<const Action> receivers(const Schedule &schedule)
{
    const std::span<const Action> all(schedule.actions);
    return schedule.execution_mode == ExecutionMode::parallel ? all : all.first(std::min<std::size_t>(1, all.size()));
}

} // namespace sonde::model
