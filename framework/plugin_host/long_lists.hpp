#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"

#include <cstddef>
#include <vector>

namespace sonde::plugin_host {

// All of a run's options together may be that long: some 100,000 addresses.
inline constexpr std::size_t kOptionBytesMax = 4 * 1024 * 1024;

// As a message holds them.
std::size_t bytes_of(const std::vector<frames::OptionValue> &values);

// Takes the items of lists out of an Invoke whose values are too long for one packet, and returns the messages
// (AgentToRun) that hand them over instead; none if they fit. An error if a single item is too long.
Result<std::vector<frames::Frame>> take_out_long_lists(frames::Invoke &invoke);

} // namespace sonde::plugin_host
