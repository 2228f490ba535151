#pragma once

#include "base/clock.hpp"
#include "programs/cli/plan/costs.hpp"
#include "programs/cli/plan/simulation.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace sonde::cli {

// Two actions of which one asks to be alone, and found the other on the line of an agent or before it in the queue, or
// was found there.
struct Meeting {
    std::uint64_t runs = 0;   // of all agents
    std::uint64_t agents = 0; // in which they met
    WallTime first;
    std::uint64_t overlapping = 0; // those of the runs that began beside the other all the same
};
using Meetings = std::map<std::pair<ActionPlace, ActionPlace>, Meeting>;

// Watches the runs of one agent, the active ones of which begin in the order in which they were to, and all last as
// long.
class MeetingWatch {
public:
    MeetingWatch(const Costs &costs, std::chrono::nanoseconds run_time) : costs_(costs), run_time_(run_time) {}

    void run(ActionPlace place, WallTime since, WallTime at);
    const Meetings &met() const { return met_; }

private:
    const Costs &costs_;
    std::chrono::nanoseconds run_time_;
    std::deque<std::pair<WallTime, ActionPlace>> active_;
    Meetings met_;
};

// Adds what one agent has met, or some.
void add(Meetings &all, const Meetings &others);

} // namespace sonde::cli
