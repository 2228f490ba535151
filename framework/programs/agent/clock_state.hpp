#pragma once

#include "model/report.hpp"

#include <optional>

#include <sys/timex.h>

namespace sonde::agent {

// What the kernel says of the system's clock; nothing where it may not be asked.
std::optional<model::ClockState> clock_state();

// Of what ntp_adjtime(3) returned and filled in; it returns -1 where it may not be asked.
std::optional<model::ClockState> clock_state_of(int returned, const timex &filled);

} // namespace sonde::agent
