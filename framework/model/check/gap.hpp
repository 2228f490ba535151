#pragma once

#include "model/instruction.hpp"

#include <chrono>
#include <optional>

namespace sonde::model::check {

// The shortest time between two triggers of an event, before any spread, where the event alone says it.
std::optional<std::chrono::seconds> gap_of(const Event &event);

// The longest that the constraints of a schedule hold up a trigger, but for what a method takes whose result is looked
// at: each look takes its windows, one after the other, and the delay begins after it.
std::chrono::seconds longest_wait(const Schedule &schedule);

} // namespace sonde::model::check
