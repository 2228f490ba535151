#pragma once

#include "model/instruction.hpp"

#include <chrono>
#include <optional>

namespace sonde::model::check {

// The shortest time between two triggers of an event, before any spread, where the event alone says it.
std::optional<std::chrono::seconds> gap_of(const Event &event);

} // namespace sonde::model::check
