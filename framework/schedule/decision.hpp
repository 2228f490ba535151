#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/intent.hpp"
#include "schedule/work.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What the engine wants done, as values. Whoever asked the engine carries them out in order; all Plan, Account and Forget
// of one answer belong into one transaction.
namespace sonde::schedule {

// How far a schedule has been planned; the spool keeps one a schedule, so that a restart knows which triggers passed
// while the agent was down.
struct Progress {
    std::string schedule;
    std::uint64_t fingerprint = 0; // of the configuration (Work) it was planned from
    WallTime last_event;           // the last trigger that has an intent or an outcome

    bool operator==(const Progress &) const = default;
};

// Make the intent and the progress durable, then call Engine::planned. Nothing of an intent starts before.
struct Plan {
    model::Intent intent;
    Progress progress;
};

// Run this action of a run now. The run's first Start has `opens` set: mark its intent as started, durably, beforehand.
// When the action has ended, however it did, make its outcome durable and call Engine::action_ended.
struct Start {
    model::Intent intent;
    std::shared_ptr<const Work> work;
    std::size_t action = 0; // index into work->schedule.actions and work->tasks
    bool opens = false;
    MonotonicTime due; // when it should have started; for an action that follows another: when that one ended
};

// Make these outcomes durable and close these intents. An intent without an outcome of its own has all its outcomes
// already, or is withdrawn: its trigger lies ahead, and the instruction that asked for it is no longer in force.
struct Account {
    std::vector<model::Outcome> outcomes;
    std::vector<Uuid> closed;
    std::optional<Progress> progress;
};

// End the running actions of this run; Engine::action_ended is still due for each of them.
struct Stop {
    Uuid run;
    std::string reason;
};

// Delete the progress of a schedule that is no longer there.
struct Forget {
    std::string schedule;
};

using Decision = std::variant<Plan, Start, Account, Stop, Forget>;
using Decisions = std::vector<Decision>;

// An intent that was not closed when the agent ended.
struct SavedIntent {
    model::Intent intent;
    bool started = false;
    std::vector<std::string> accounted; // names of the actions whose outcome is already durable
};

// What the spool knows when an agent starts.
struct Saved {
    std::vector<SavedIntent> intents;
    std::vector<Progress> progress;
    std::optional<WallTime> last_alive; // for messages: when the agent last wrote anything
};

} // namespace sonde::schedule
