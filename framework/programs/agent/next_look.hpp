#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <ratio>

namespace sonde::agent {

// What is watched is looked at now and then all the same, as not every change is told of. All such looks fall on the
// same moments, so that an agent that has nothing else to do wakes once for all.
inline MonotonicTime next_look(MonotonicTime now)
{
    using Apart = std::chrono::duration<std::int64_t, std::ratio<120>>;
    return std::chrono::floor<Apart>(now) + Apart(1);
}

} // namespace sonde::agent
