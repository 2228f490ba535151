#pragma once

#include "filter.hpp"
#include "segment.hpp"

#include <cstdint>

namespace sonde::passive_syn {

// A packet that counts, on the run's time axis. Its pointers are good until the next one is looked at.
struct Seen {
    Classified packet;
    std::int64_t time; // CLOCK_MONOTONIC ns
    Direction direction;
    bool own; // of this agent's own measurements
};

} // namespace sonde::passive_syn
