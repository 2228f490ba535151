#pragma once

#include "base/id.hpp"

#include <chrono>
#include <cstdint>
#include <functional>

namespace sonde::schedule {

// Uniform 64-bit numbers, for spreads and identities.
using Random = std::function<std::uint64_t()>;

// Uniform over [0, spread], every nanosecond alike (RFC 8194 'random-spread').
std::chrono::nanoseconds draw_spread(const Random &random, std::chrono::seconds spread);

// A version 4 UUID.
Uuid draw_uuid(const Random &random);

} // namespace sonde::schedule
