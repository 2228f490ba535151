#pragma once

#include "base/clock.hpp"
#include "model/capabilities.hpp"
#include "model/instruction.hpp"
#include "model/report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What an agent says of itself to whoever asks: the whole container /ietf-lmap-control:lmap of RFC 8194, the
// instruction in force together with what became of it.
namespace sonde::model {

enum class Activity { enabled, disabled, running, suppressed };

// What schedules and actions count alike. `storage` is allocated bytes; `invocations` has neither the suppressed nor
// the overlapped ones.
struct Counts {
    std::uint64_t storage = 0;
    std::uint32_t invocations = 0;
    std::uint32_t suppressions = 0;
    std::uint32_t overlaps = 0;
    std::uint32_t failures = 0;

    bool operator==(const Counts &) const = default;
};

// How many planned runs of an action ended how, since the agent was set up: the sum is what was planned and is over.
struct OutcomeCounts {
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t overlapped = 0;
    std::uint64_t not_met = 0;
    std::uint64_t refused = 0;
    std::uint64_t interrupted = 0;
    std::uint64_t missed = 0;

    bool operator==(const OutcomeCounts &) const = default;
};

// The times are absent where there was none yet: RFC 8194 asks for them all the same, so they are written as
// 1970-01-01, with a status of 0 and an empty message.
struct ActionState {
    Action configuration;
    Activity activity = Activity::enabled;
    Counts counts;
    std::optional<WallTime> last_invocation;
    std::optional<WallTime> last_completion;
    std::int32_t last_status = 0;
    std::string last_message;
    std::optional<WallTime> last_failed_completion;
    std::int32_t last_failed_status = 0;
    std::string last_failed_message;
    OutcomeCounts outcomes{};

    bool operator==(const ActionState &) const = default;
};

struct ScheduleState {
    Schedule configuration; // without its actions
    Activity activity = Activity::enabled;
    Counts counts; // a failure: one of its actions failed
    std::optional<WallTime> last_invocation;
    std::vector<ActionState> actions;

    bool operator==(const ScheduleState &) const = default;
};

enum class SuppressionActivity { enabled, disabled, active };

struct SuppressionState {
    Suppression configuration;
    SuppressionActivity activity = SuppressionActivity::enabled;

    bool operator==(const SuppressionState &) const = default;
};

struct AgentState {
    Capabilities capabilities; // refused plugins are not among what RFC 8194 has
    AgentConfiguration configuration;
    WallTime last_started;
    std::vector<Task> tasks;
    std::vector<ScheduleState> schedules;
    std::vector<SuppressionState> suppressions;
    std::vector<Event> events;
    std::optional<ClockState> clock{};

    bool operator==(const AgentState &) const = default;
};

} // namespace sonde::model
