#pragma once

#include "base/result.hpp"
#include "frames/description.hpp"
#include "frames/messages.hpp"

#include <cstdint>
#include <optional>
#include <span>

// sonde_method.traffic_bound: an upper bound of the bytes of one run, as arithmetic over the method's options.
namespace sonde::plugin_host {

// Whether a method's bound is an expression over its options that always has a value. A method without one is fine.
Result<void> check_traffic_bound(const frames::MethodDescription &method);

// The bytes that a run with these values, one an option, puts on the line at most; UINT64_MAX if that has no end (a
// division by zero anywhere in it). Nothing if the method declares no bound. The bound has passed check_traffic_bound.
std::optional<std::uint64_t> traffic_bound(const frames::MethodDescription &method,
                                           std::span<const frames::OptionValue> values);

} // namespace sonde::plugin_host
