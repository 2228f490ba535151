#pragma once

#include "base/clock.hpp"

#include <cstdint>

namespace sonde::schedule {

// Consecutive triggers.
struct Triggers {
    WallTime first;
    WallTime last;
    std::uint64_t count = 0;

    bool operator==(const Triggers &) const = default;
};

} // namespace sonde::schedule
