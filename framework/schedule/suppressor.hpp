#pragma once

#include "schedule/decision.hpp"
#include "schedule/signal.hpp"
#include "schedule/tally.hpp"
#include "schedule/work.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sonde::schedule {

// A suppression in force, and whether it is active now. Active from its start event to its end event; without a start
// event from the beginning, without an end event for good. Where both trigger at once, the end holds. What follows:
// - Between its start and its end event's triggers a suppression that has just come into force is not active until the
//   next start; but a one-off event that has passed counts as triggered.
// - Of what the clock was set over, or passed while the agent was down, the last trigger holds.
// - A beginning or an end that is no time of the clock and still waits for its spread is withdrawn by its contrary:
// what
//   the loss of the Controller would begin does not begin once it is back.
// - A clock that is set back changes nothing before it has passed what was waited for, unless that is more than a day.
class Suppressor {
public:
    Suppressor(Suppressing suppressing, const Uuid &agent_id, const Zone &zone);

    // Comes into force: for the first time if there is nothing saved of it. The caller then tells what happens.
    void begin(const SuppressionProgress *saved, Now now, const Random &random);
    void happened(Happening happening, Now now, const Random &random);
    // What it waits for has come.
    void fire(const Random &random);
    // The clock was set over everything before `until`, or the agent was down.
    void pass_over(WallTime until, const Random &random);
    void clock_set_back(Now now, const Random &random);
    // From now on the clock can be trusted.
    void clock_was_set(Now now, const Random &random);

    const model::Suppression &configuration() const { return of_.suppression; }
    std::uint64_t fingerprint() const { return of_.fingerprint; }
    bool active() const { return active_; }
    bool waits_for_clock() const { return waits_for_clock_; }
    const std::optional<Signal> &waits_for() const { return armed_; }
    // Whether one of these tags is among those that it matches.
    bool matches(const std::vector<std::string> &tags) const;
    SuppressionProgress progress() const;

private:
    const std::optional<Source> &awaited() const { return active_ ? end_ : start_; }
    void arm(WallTime from, const Random &random);
    void arm_first(Now now, const Random &random);

    Suppressing of_;
    std::optional<Source> start_;
    std::optional<Source> end_;
    bool active_ = false;
    bool fresh_ = true; // nothing of it was kept by an earlier process
    bool waits_for_clock_ = false;
    std::optional<Signal> armed_; // of the end event if it is active, else of the start event
};

// For what a suppression holds back.
Reason suppressed_by(const Suppressor &suppressor);

} // namespace sonde::schedule
