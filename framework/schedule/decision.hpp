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

// What the engine wants done, as values. All Plan, Account, Forget... and Keep... of one answer belong into one
// transaction, in their order; then come Start and Stop, in their order.
namespace sonde::schedule {

// How far a schedule has been planned; the spool keeps one a schedule, so that a restart knows which triggers passed
// while the agent was down.
struct Progress {
    std::string schedule;
    std::uint64_t fingerprint = 0; // of the configuration (Work) it was planned from
    // Triggers up to here have an intent or an outcome. An intent of this very time is planned ahead: where none is, it
    // is no trigger's time. That tells a restart which ones have triggered, whatever its clock shows.
    WallTime last_event;

    bool operator==(const Progress &) const = default;
};

// How far a suppression has come; the spool keeps one a suppression, so that a restart goes on with it.
struct SuppressionProgress {
    std::string suppression;
    std::uint64_t fingerprint = 0; // of its configuration (Suppressing)
    bool active = false;
    // The trigger that it waits for, to begin or to end, and when that acts.
    std::optional<WallTime> event;
    std::optional<WallTime> due;

    bool operator==(const SuppressionProgress &) const = default;
};

// Make the intent and the progress durable, then call Engine::planned. Nothing of an intent starts before.
struct Plan {
    std::shared_ptr<const model::Intent> intent;
    Progress progress;
};

// Look whether the constraints of work->schedule hold, and call Engine::checked. Until then nothing of the intent
// starts, and nothing needs to be durable.
struct Check {
    Uuid intent;
    std::shared_ptr<const Work> work;
    std::uint32_t attempt = 0; // 0, and 1 to retries.max for the retries
};

// Run this action of an intent now, or when it is due if that lies ahead (Engine::advance_ahead). Mark it as started
// beforehand, so that no end of the agent undoes it. When it has ended, however it did, make its outcome durable and
// call Engine::action_ended. An action that may not run (policy) ends the same way, as refused.
struct Start {
    std::shared_ptr<const model::Intent> intent;
    std::shared_ptr<const Work> work;
    std::size_t action = 0; // index into work->schedule.actions and work->tasks
    Uuid run;               // this action's, for its results and its outcome
    MonotonicTime due;      // when it should start; an action that follows another: when that one ended
};

// Triggers of a schedule none of whose actions began, for its counters.
struct Prevented {
    std::string schedule;
    model::OutcomeWord word; // suppressed or overlapped
    std::uint64_t count = 0;
};

// Make these outcomes durable and close these intents, whatever actions of theirs have not ended. An outcome whose run
// is an intent's identity is that of its action which will not start; the others are not concerned. An intent that is
// closed without an outcome here has them all already, or is withdrawn: its trigger lies ahead, and the instruction
// that asked for it is no longer in force.
struct Account {
    std::vector<model::Outcome> outcomes;
    std::vector<Uuid> closed;
    std::optional<Progress> progress{};
    std::vector<Prevented> prevented{};
};

// End the running actions of this intent, or this one alone; Engine::action_ended is still to be called for each. The
// look at its constraints, if there is one under way, may end without an answer. The instruction asks for it, so what
// is interrupted has not failed.
struct Stop {
    Uuid intent;
    std::optional<std::size_t> action;
    std::string reason;
};

// Delete the progress of a schedule that is no longer there.
struct Forget {
    std::string schedule;
};

// A schedule is no longer there, or another one of its name is: its counters begin anew, and what runs of it counts in
// none.
struct ForgetCounts {
    std::string schedule;
};

// Keep how far a suppression has come, or delete that of one that is no longer there.
struct KeepSuppression {
    SuppressionProgress progress;
};
struct ForgetSuppression {
    std::string suppression;
};

// The connection to the Controller has been lost for controller-timeout, or is restored after that: keep which.
struct KeepController {
    bool lost = false;
    WallTime at;
};

// Nothing to do, but somebody may want to know.
struct Remark {
    std::string schedule;
    std::string message;
};

using Decision = std::variant<Plan, Check, Start, Account, Stop, Forget, ForgetCounts, KeepSuppression,
                              ForgetSuppression, KeepController, Remark>;
using Decisions = std::vector<Decision>;

// An action of an intent that was not closed when the agent ended.
struct SavedAction {
    bool started = false;
    bool ended = false; // its outcome is durable
    Uuid run{};         // what follows is known once it has started
    std::string task;
    std::optional<WallTime> start;
    std::uint64_t rows = 0;
};

struct SavedIntent {
    model::Intent intent;
    std::vector<SavedAction> actions; // one for each of intent.actions; fewer: the rest has not started
};

// What the spool knows when an agent starts.
struct Saved {
    std::vector<SavedIntent> intents;
    std::vector<Progress> progress;
    std::vector<SuppressionProgress> suppressions{};
    bool controller_lost = false;
    std::optional<WallTime> last_alive{}; // for messages: when the agent last wrote anything
};

} // namespace sonde::schedule
