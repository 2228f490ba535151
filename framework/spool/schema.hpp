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

// result.kind
inline constexpr int kMeasured = 0;
inline constexpr int kOutcomes = 1;

} // namespace sonde::spool
