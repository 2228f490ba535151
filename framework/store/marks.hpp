#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace sonde::store {

// How many planned runs an agent said were over, and how many had had their trigger, at a time of the controller's
// clock.
struct AgentMark {
    WallTime at;
    std::uint64_t planned = 0;
    std::uint64_t triggered = 0;

    bool operator==(const AgentMark &) const = default;
};

// No two are closer.
inline constexpr std::chrono::minutes kMarkEvery{10};

// `marks`, in the order of time, and one more. Of the old ones few are kept: for any time ago there is one that is at
// least as old and about four times as old at most, and the first one stays; in ten years they are about twenty. A
// count or a clock that has gone back begins anew. Pure.
std::vector<AgentMark> with_mark(std::vector<AgentMark> marks, AgentMark newest);

} // namespace sonde::store
