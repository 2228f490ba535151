#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/capabilities.hpp"
#include "model/intent.hpp"
#include "model/report.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What goes into the spool and what comes out of it.
namespace sonde::spool {

// Whom a result is meant for: a schedule that reports, or, by a name that begins with this, a schedule's action that
// takes it as its input.
using Destination = std::string;
inline constexpr std::string_view kInputScheme = "input:";

// The instruction in force.
struct StoredInstruction {
    std::string text;
    std::string etag;
    WallTime applied_at;

    bool operator==(const StoredInstruction &) const = default;
};

// An instruction that was refused and is not to be looked at again: its ETag, empty if it came without one, and the
// hash of its text. `by` says which software under which identity refused it, since another may take it.
struct RefusedInstruction {
    std::string etag;
    std::string content;
    std::string by;

    bool operator==(const RefusedInstruction &) const = default;
};

// How far a schedule has been planned: opaque to the spool but for its name.
struct Progress {
    std::string schedule;
    std::uint64_t fingerprint = 0; // of the configuration that the plan follows from
    WallTime last_event;           // see schedule::Progress

    bool operator==(const Progress &) const = default;
};

// How far a suppression has come: opaque to the spool but for its name.
struct SuppressionProgress {
    std::string suppression;
    std::uint64_t fingerprint = 0;
    bool active = false;
    std::optional<WallTime> event; // that it waits for
    std::optional<WallTime> due;

    bool operator==(const SuppressionProgress &) const = default;
};

// Triggers of a schedule of which no action began: suppressed or overlapped.
struct Prevented {
    std::string schedule;
    model::OutcomeWord word = model::OutcomeWord::suppressed;
    std::uint64_t count = 0;
};

// What RFC 8194 counts of schedules and actions alike, since the spool was created. Suppressed and overlapped ones are
// no invocations.
struct Counts {
    std::uint64_t invocations = 0;
    std::uint64_t suppressions = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t failures = 0; // failed, refused or interrupted; a schedule's: at least one action was
    std::optional<WallTime> last_invocation;
    std::uint64_t storage_bytes = 0; // what its results that wait take of the file

    bool operator==(const Counts &) const = default;
};

struct ActionCounts {
    std::string action;
    Counts counts;
    std::optional<WallTime> last_completion;
    std::int32_t last_status = 0;
    std::string last_message;
    std::optional<WallTime> last_failed_completion;
    std::int32_t last_failed_status = 0;
    std::string last_failed_message;
};

struct ScheduleCounts {
    std::string schedule;
    Counts counts;
    std::vector<ActionCounts> actions; // by name
};

// An action of an intent that has been started. The run's UUID may be the intent's: a run's action is what is one.
struct Run {
    Uuid id;
    std::string task;
    WallTime start;
    std::uint32_t parts = 0; // appended so far
    std::uint64_t rows = 0;  // in them
    std::uint64_t rows_dropped = 0;

    bool operator==(const Run &) const = default;
};

enum class ActionState { planned, started, ended };

struct ActionRecord {
    ActionState state = ActionState::planned;
    std::optional<Run> run; // from started on
};

// An intent whose actions have not all ended.
struct OpenIntent {
    model::Intent intent;
    std::vector<ActionRecord> actions; // one for each of intent.actions
};

// How one action of an intent ended. The spool puts in what it knows itself: the part's identity and number, and
// the outcome's `rows_dropped`.
struct Ended {
    Uuid intent;
    std::size_t action = 0; // index in the intent's actions
    model::Outcome outcome;
    std::vector<Destination> outcome_destinations; // empty: counted here and reported nowhere
    std::optional<model::ReportedResult> last_part;
    std::vector<Destination> destinations; // of the last part
    bool as_instructed = false;            // the instruction had it interrupted, which is no failure
    // Results of others that it was given, which wait no longer.
    Destination input{};
    std::vector<std::uint64_t> taken{};
    bool goes_along = false; // its outcome, as an Accounted one
};

// An outcome that is known without a run that ends: a range of missed triggers, an action that an earlier process had
// started. The spool puts in what it knows itself: `rows` and `rows_dropped` of what such an action had reported.
struct Accounted {
    model::Outcome outcome;
    std::vector<Destination> destinations; // empty: counted here and reported nowhere
    // Makes no report, and nobody waits for it: it goes along with what does, or with many of its kind.
    bool goes_along = false;
};

// What a decision of the schedule engine makes durable, in one transaction and in this order.
struct Change {
    bool starts = false;                          // the agent has started with what it decided here: one more start
    std::optional<StoredInstruction> instruction; // is in force from now on
    std::vector<Accounted> account;
    std::vector<Uuid> close; // intents: they have all their outcomes, or are taken back as if never planned
    std::vector<model::Intent> plan;
    std::vector<Progress> progress;           // each replaces its schedule's
    std::vector<std::string> forget;          // schedules whose progress goes
    std::vector<std::string> forget_counts{}; // schedules whose counters go; what runs of them counts in none
    std::vector<Prevented> prevented{};
    std::vector<SuppressionProgress> suppressions{}; // each replaces its suppression's
    std::vector<std::string> forget_suppressions{};  // whose progress goes
    std::optional<bool> controller_lost{};
};

// One entry of a report's list `result`, encoded.
struct Entry {
    std::uint64_t sequence = 0;
    std::string json;
};

struct Batch {
    std::vector<Entry> entries; // oldest first
    bool more = false;          // another batch waits behind this one
};

// A result that its collector refused for good.
struct SetAside {
    std::uint64_t sequence = 0;
    Destination destination;
    std::string reason;
    WallTime when;
    std::uint64_t bytes = 0;
};

struct WaitingFailure {
    std::int64_t id = 0;    // also its identity's sequence
    model::Failure failure; // with its identity
};

// What waits for one destination. It may be nothing but outcomes that go along with others, which are not counted.
struct Pending {
    Destination destination;
    std::uint64_t results = 0;
    std::uint64_t outcomes = 0;
    std::uint64_t bytes = 0;
};

// Outcomes recorded since the spool was created, by schedule, action and word; `count` sums the planned runs.
struct Tally {
    std::string schedule;
    std::string action;
    model::OutcomeWord word = model::OutcomeWord::completed;
    std::uint64_t count = 0;
};

// An outcome of the newest, whether it was sent or not.
struct PastOutcome {
    model::Outcome outcome;
    bool reported = false;                  // a collector is to have it
    bool handed = false;                    // it is in an entry of a report
    std::optional<WallTime> acknowledged{}; // by the collector that it was handed to last
};

// What is absent does not restrict. Times are those from the first trigger to the end of the run.
struct PastQuery {
    std::optional<std::string> schedule{};
    std::optional<WallTime> from{};
    std::optional<WallTime> to{};
    std::optional<std::string> run{}; // the beginning of a UUID
    std::size_t limit = 100;          // the newest
};

// Parts of a run's result that wait for their acknowledgement.
struct WaitingParts {
    std::string action;
    Destination destination;
    std::uint64_t parts = 0;
    std::uint64_t rows = 0;
    std::optional<std::string> refused{}; // why some were set aside
};

struct OpenRuns {
    std::string schedule;
    std::string action;
    std::uint64_t count = 0;
};

// Planned runs of which a collector is to have the outcomes, since the spool was created.
struct Accounts {
    std::uint64_t reported = 0;
    std::uint64_t acknowledged = 0;
    // Since when the oldest waits: for its outcome's acknowledgement, from when that was recorded; or for its begin,
    // from when it was due, unless its schedule runs.
    std::optional<WallTime> waiting_since{};
    // Of triggers that the instruction in force has had, whether or not they are due: the planned runs that are not
    // over.
    std::vector<OpenRuns> open{};
};

// What a full spool had to let go since it was created.
struct Dropped {
    std::uint64_t results = 0;
    std::uint64_t rows = 0;
    std::uint64_t outcomes = 0;
    std::uint64_t set_aside = 0;
    std::uint64_t failures = 0;
};

struct Status {
    Uuid epoch;
    std::uint64_t used_bytes = 0; // of the file's pages that hold something
    std::uint64_t max_bytes = 0;
    std::vector<Pending> pending;
    std::uint64_t set_aside = 0;
    std::uint64_t failures_waiting = 0;
    std::uint64_t failures_refused = 0; // by the controller, for good
    Dropped dropped;
    std::vector<Tally> tallies;
};

// A token bucket of the data budget.
struct Bucket {
    std::uint64_t rate = 0; // bytes a second
    std::uint64_t burst = 0;
    std::int64_t level = 0;     // bytes in it, at that time; below zero if too much was spent
    std::uint64_t reserved = 0; // of which so many may have been spent since
    WallTime at;

    bool operator==(const Bucket &) const = default;
};

// What the spool knows when the agent starts.
struct OpenState {
    std::optional<StoredInstruction> instruction;
    std::optional<RefusedInstruction> refused; // since that one came into force
    std::vector<Progress> progress;
    std::vector<OpenIntent> intents;    // by their time
    std::optional<WallTime> last_alive; // when a change, a start or an end was recorded
    std::vector<SuppressionProgress> suppressions;
    bool controller_lost = false;
    std::uint64_t starts = 0;                                    // of the agent, since the spool was created
    std::map<std::chrono::sys_days, std::uint64_t> booked_bytes; // of the data budget
    std::optional<Bucket> bucket{};                              // kept with what was booked last
};

} // namespace sonde::spool
