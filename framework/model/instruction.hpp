#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"

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

// What to do: a method, named by the registry entries it implements or by `program`, a method's name and never a path.
struct Task {
    std::string name;
    std::vector<Function> functions;
    std::optional<std::string> program;
    std::vector<Option> options;
    std::vector<std::string> tags;

    bool operator==(const Task &) const = default;
};

struct Periodic {
    std::chrono::seconds interval{1};
    std::optional<WallTime> start;
    std::optional<WallTime> end;

    bool operator==(const Periodic &) const = default;
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

struct Event {
    std::string name;
    // Uniform over [0, random_spread], drawn anew for each trigger at sub-second resolution.
    std::optional<std::chrono::seconds> random_spread;
    std::optional<std::chrono::seconds> cycle_interval;
    std::variant<Periodic, OneOff, Immediate, Startup> type;

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

    bool operator==(const Action &) const = default;
};

enum class ExecutionMode { sequential, parallel, pipelined };

struct Schedule {
    std::string name;
    std::string start; // the name of an event
    ExecutionMode execution_mode = ExecutionMode::pipelined;
    std::vector<std::string> tags;
    std::vector<std::string> suppression_tags;
    std::vector<Action> actions;

    bool operator==(const Schedule &) const = default;
};

struct AgentConfiguration {
    std::optional<Uuid> agent_id;
    std::optional<std::string> group_id;
    std::optional<std::string> measurement_point;
    bool report_agent_id = false;
    bool report_group_id = false;
    bool report_measurement_point = false;
    std::optional<std::chrono::seconds> controller_timeout;

    bool operator==(const AgentConfiguration &) const = default;
};

// A whole instruction: the configuration part of the container /ietf-lmap-control:lmap.
struct Instruction {
    AgentConfiguration agent;
    std::vector<Task> tasks;
    std::vector<Schedule> schedules;
    std::vector<Event> events;

    bool operator==(const Instruction &) const = default;
};

} // namespace sonde::model
