#pragma once

#include <string>
#include <vector>

namespace sonde::spool {

// Step i brings the file from version i to i + 1; a published step never changes.
const std::vector<std::string> &migrations();

// action.state
inline constexpr int kPlanned = 0;
inline constexpr int kStarted = 1;
inline constexpr int kEnded = 2;

// result.handed: to no report yet; to one, so that it may have arrived; to all that it was for, and what waits for it
// is on this machine.
inline constexpr int kNotHanded = 0;
inline constexpr int kHanded = 1;
inline constexpr int kArrived = -1;

// outcome_delivery.waiting: for the next report; for one that goes anyway.
inline constexpr int kWaits = 1;
inline constexpr int kGoesAlong = 2;

// result.kind
inline constexpr int kMeasured = 0;
inline constexpr int kOutcomes = 1;

} // namespace sonde::spool
