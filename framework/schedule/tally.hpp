#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/intent.hpp"
#include "schedule/random.hpp"
#include "schedule/timing.hpp"
#include "schedule/work.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::schedule {

// Triggers of one schedule that share their end, so that one outcome an action accounts for all of them. Some have an
// intent, some passed before they got one.
struct Tally {
    std::vector<Uuid> intents;
    WallTime first = WallTime::max();
    WallTime last = WallTime::min();
    std::uint64_t count = 0;

    void add(const Triggers &triggers);
    void add(const model::Intent &intent);
};

// Why something did not run.
struct Reason {
    model::OutcomeWord word;
    model::Blame blame;
    std::string message;
};

// Of a trigger that was due while its schedule ran.
Reason overlapping();

// The outcome of one action for all triggers of the tally.
model::Outcome outcome_of(const Work &work, std::size_t action, const Tally &tally, const Reason &reason,
                          const Random &random);

} // namespace sonde::schedule
