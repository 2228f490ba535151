#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How every planned run is accounted for: a trigger is persisted as an intent before anything starts, and each of its
// actions ends as exactly one outcome. planned = triggers x actions = the sum of all outcomes.
namespace sonde::model {

// One trigger of a schedule, with its spread drawn.
struct Intent {
    Uuid id;
    std::string schedule;
    std::vector<std::string> actions; // the schedule's, in order: one outcome each
    WallTime event;                   // the trigger, before the spread (RFC 8194's leaf `event`)
    std::chrono::nanoseconds spread{0};
    std::optional<std::string> cycle_number; // YYYYMMDD.HHMMSS

    WallTime due() const { return event + spread; }
    bool operator==(const Intent &) const = default;
};

// The words are those of the `outcome` column of the built-in method `outcomes`; they only grow.
enum class OutcomeWord {
    completed,
    failed,
    suppressed,
    overlapped,
    not_met,     // a constraint, after its retries
    refused,     // by policy, by a budget or by the peer
    interrupted, // the agent or its machine stopped while it ran
    missed,      // the agent was down, or the clock was set past it
};

// Whose a failure is.
enum class Blame { unknown, target, path, resolver, peer, agent, platform, policy };

// How one action of one trigger ended; or, for missed and overlapped runs, how a range of consecutive triggers did, so
// that a month of missed seconds is one outcome.
struct Outcome {
    Uuid run; // the run's UUID, as in its results; a range has one of its own
    std::string schedule;
    std::string action;
    std::string task;
    OutcomeWord word = OutcomeWord::completed;
    std::int32_t status = 0; // 0, the method's 1 to 99, the host's 100 to 127, or a negative signal
    Blame blame = Blame::unknown;
    std::string message;
    WallTime first_event; // triggers, before their spread
    WallTime last_event;
    std::uint64_t count = 1; // planned runs that this accounts for
    std::optional<WallTime> start;
    std::optional<WallTime> end;
    std::optional<std::chrono::nanoseconds> lateness{}; // due to run() entered, or to the begin of reporting; if it was
    std::uint64_t rows = 0;
    std::uint64_t rows_dropped = 0; // by a full spool
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;

    bool operator==(const Outcome &) const = default;
};

// The word as the `outcome` and `blame` columns spell it.
const char *to_string(OutcomeWord word);
const char *to_string(Blame blame);
// Nothing if there is no such word.
std::optional<OutcomeWord> parse_outcome_word(std::string_view word);
std::optional<Blame> parse_blame(std::string_view word);

} // namespace sonde::model
