#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/constraint.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// The information model of RFC 8193 as plain structs: what a Controller tells a Measurement Agent. Names and defaults
// are those of RFC 8194's ietf-lmap-control; an absent leaf without a default is an empty optional.
namespace sonde::model {

// A registry entry that identifies a measurement method, and the agent's roles in it (registry-grouping).
struct Function {
    std::string uri;
    std::vector<std::string> roles;

    bool operator==(const Function &) const = default;
};

// An option of a task or an action (options-grouping). `id` is YANG's list key and means nothing; the same `name` given
// several times is a list.
struct Option {
    std::string id;
    std::string name;
    std::optional<std::string> value;

    bool operator==(const Option &) const = default;
};

enum class Family { ipv4, ipv6 };

// What to do: a method, named by the registry entries it implements or by `program`, a method's name and never a path.
struct Task {
    std::string name;
    std::vector<Function> functions;
    std::optional<std::string> program;
    std::vector<Option> options;
    std::vector<std::string> tags;
    std::optional<std::string> interface {
    };                              // absent: as the system routes
    std::optional<Family> family{}; // absent: either

    bool operator==(const Task &) const = default;
};

struct Periodic {
    std::chrono::seconds interval{1};
    std::optional<WallTime> start;
    std::optional<WallTime> end;

    bool operator==(const Periodic &) const = default;
};

// The values of one calendar field: bit i stands for the value i. January and Monday are 1; `every` is YANG's wildcard.
struct CalendarField {
    bool every = false;
    std::uint64_t values = 0;

    bool holds(unsigned value) const { return every || ((values >> value) & 1) != 0; }
    bool operator==(const CalendarField &) const = default;
};

// Triggers in every second that all six fields hold.
struct Calendar {
    CalendarField month;
    CalendarField day_of_month;
    CalendarField day_of_week;
    CalendarField hour;
    CalendarField minute;
    CalendarField second;
    std::optional<std::chrono::minutes> timezone_offset; // absent: the system's local zone, with its daylight saving
    std::optional<WallTime> start;
    std::optional<WallTime> end;

    bool operator==(const Calendar &) const = default;
};

struct OneOff {
    WallTime time;

    bool operator==(const OneOff &) const = default;
};

// Fires once for each changed configuration, never on a restart.
struct Immediate {
    bool operator==(const Immediate &) const = default;
};

// Fires whenever the agent starts.
struct Startup {
    bool operator==(const Startup &) const = default;
};

// Fires when no Controller has been reached for `controller-timeout`.
struct ControllerLost {
    bool operator==(const ControllerLost &) const = default;
};

// Fires when a Controller is reached again after controller-lost.
struct ControllerConnected {
    bool operator==(const ControllerConnected &) const = default;
};

struct Event {
    std::string name;
    // Uniform over [0, random_spread], drawn anew for each trigger at sub-second resolution.
    std::optional<std::chrono::seconds> random_spread;
    std::optional<std::chrono::seconds> cycle_interval;
    std::variant<Periodic, OneOff, Immediate, Startup, Calendar, ControllerLost, ControllerConnected> type;

    bool operator==(const Event &) const = default;
};

// A use of a task in a schedule. Its options follow the task's: a scalar's last value wins, a list's are appended.
struct Action {
    std::string name;
    std::string task;
    std::vector<Option> options;
    std::vector<std::string> destinations; // names of schedules
    std::vector<std::string> tags;
    std::vector<std::string> suppression_tags;
    std::vector<std::string> report_tables{}; // what the destinations get; empty: all tables

    bool operator==(const Action &) const = default;
};

enum class ExecutionMode { sequential, parallel, pipelined };

struct Schedule {
    std::string name;
    std::string start; // the name of an event
    // At most one of the two ends a running schedule: an event's name, or the time since its start.
    std::optional<std::string> end;
    std::optional<std::chrono::seconds> duration;
    ExecutionMode execution_mode = ExecutionMode::pipelined;
    std::vector<std::string> tags;
    std::vector<std::string> suppression_tags;
    std::vector<Action> actions;
    // All must hold when a trigger is due, before its first action starts.
    std::vector<Constraint> constraints{};
    Retries retries{};

    bool operator==(const Schedule &) const = default;
};

// Keeps matching schedules and actions from starting, from the event `start` (absent: from the beginning) to the event
// `end` (absent: for good).
struct Suppression {
    std::string name;
    std::optional<std::string> start;
    std::optional<std::string> end;
    std::vector<std::string> match; // glob patterns against suppression tags
    bool stop_running = false;

    bool operator==(const Suppression &) const = default;
};

// How the agent uses its channels. Where they lead is the agent's own affair, and in no instruction.
struct Channel {
    std::chrono::seconds longest_poll{60};
    std::uint32_t report_bytes_max = 1024 * 1024; // of the results in one, but for a single one
    std::chrono::seconds report_retry_max{300};   // of the pause until a report is sent again

    bool operator==(const Channel &) const = default;
};

struct AgentConfiguration {
    std::optional<Uuid> agent_id;
    std::optional<std::string> group_id;
    std::optional<std::string> measurement_point;
    bool report_agent_id = false;
    bool report_group_id = false;
    bool report_measurement_point = false;
    std::optional<std::chrono::seconds> controller_timeout;
    DataBudget data_budget{};
    Channel channel{};

    bool operator==(const AgentConfiguration &) const = default;
};

// A whole instruction: the configuration part of the container /ietf-lmap-control:lmap.
struct Instruction {
    AgentConfiguration agent;
    std::vector<Task> tasks;
    std::vector<Schedule> schedules;
    std::vector<Suppression> suppressions;
    std::vector<Event> events;

    bool operator==(const Instruction &) const = default;
};

} // namespace sonde::model
