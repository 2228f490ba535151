#pragma once

#include "base/clock.hpp"
#include "programs/cli/plan/costs.hpp"
#include "programs/cli/plan/simulation.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

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

// Watches the runs of one agent. Those that take turns begin in the order in which they were to.
class MeetingWatch {
public:
    explicit MeetingWatch(const Costs &costs) : costs_(costs) {}

    void begins(ActionPlace place, WallTime since);
    void ends(ActionPlace place, WallTime at);
    const Meetings &met() const { return met_; }

private:
    // Kept behind its end, as what begins later may have waited for it.
    struct OnLine {
        ActionPlace place;
        std::optional<WallTime> end;
    };

    const Costs &costs_;
    std::vector<OnLine> line_;
    Meetings met_;
};

// Adds what one agent has met, or some.
void add(Meetings &all, const Meetings &others);

} // namespace sonde::cli
