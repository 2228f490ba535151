#pragma once

#include "base/clock.hpp"
#include "model/constraint.hpp"
#include "schedule/zone.hpp"

#include <chrono>

namespace sonde::schedule {

// What a clock on the wall shows there.
std::chrono::seconds time_of_day(const Zone &zone, WallTime at);

// Whether a time of day is in the window.
bool in_window(const model::LocalTimeWindow &window, std::chrono::seconds time_of_day);

} // namespace sonde::schedule
