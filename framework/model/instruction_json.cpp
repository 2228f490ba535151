#include "model/instruction_json.hpp"

#include "model/json/common_tables.hpp"
#include "model/json/root.hpp"

namespace sonde::model {

namespace json {

namespace {

constexpr std::string_view kInstructionRoot = "ietf-lmap-control:lmap";
constexpr std::string_view kNotYet = "is not supported by this version";
constexpr std::string_view kEventType = "event type";
constexpr std::string_view kEventTypes = "event types of this version: periodic, one-off, immediate, startup";
constexpr std::string_view kNoParameters = "use options: no module that could stand here is known";

struct Mode {
    static void read(Context &context, const Value &value, ExecutionMode &target)
    {
        std::string_view text;
        if (!read_text(context, value, 0, kTextBytesMax, text))
            return;
        for (std::size_t i = 0; i < kWords.size(); ++i)
            if (text == kWords[i]) {
                target = static_cast<ExecutionMode>(i);
                return;
            }
        context.error("there is no mode '" + shown(text) + "'", name_hint(text, "modes", kWords));
    }
    static void write(Writer &writer, ExecutionMode mode) { put(writer, kWords.at(static_cast<std::size_t>(mode))); }

private:
    static constexpr std::array<std::string_view, 3> kWords{"sequential", "parallel", "pipelined"};
};

} // namespace

template <>
struct Node<AgentConfiguration> {
    using S = AgentConfiguration;
    static constexpr std::array fields{
        leaf<&S::agent_id, UuidText>("agent-id"),
        leaf<&S::group_id, Text>("group-id"),
        leaf<&S::measurement_point, Text>("measurement-point"),
        leaf<&S::report_agent_id, Boolean>("report-agent-id"),
        leaf<&S::report_group_id, Boolean>("report-group-id"),
        leaf<&S::report_measurement_point, Boolean>("report-measurement-point"),
        leaf<&S::controller_timeout, Seconds>("controller-timeout"),
        state<S>("last-started"),
    };
};

template <>
struct Node<Task> {
    using S = Task;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        list<&S::functions, kFunctionsMax>("function"),
        leaf<&S::program, Text>("program"),
        list<&S::options, kOptionsMax>("option"),
        leaf_list<&S::tags, Name, kTagsMax, kUnique>("tag"),
    };
};

template <>
struct Node<Action> {
    using S = Action;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        leaf<&S::task, Name>("task", kMandatory),
        refused<S>("parameters", kNotYet, kNoParameters),
        list<&S::options, kOptionsMax>("option"),
        leaf_list<&S::destinations, Name, kDestinationsMax, kUnique>("destination"),
        leaf_list<&S::tags, Name, kTagsMax, kUnique>("tag"),
        leaf_list<&S::suppression_tags, Name, kTagsMax, kUnique>("suppression-tag"),
        state<S>("state"),
        state<S>("storage"),
        state<S>("invocations"),
        state<S>("suppressions"),
        state<S>("overlaps"),
        state<S>("failures"),
        state<S>("last-invocation"),
        state<S>("last-completion"),
        state<S>("last-status"),
        state<S>("last-message"),
        state<S>("last-failed-completion"),
        state<S>("last-failed-status"),
        state<S>("last-failed-message"),
    };
};

template <>
struct Node<Schedule> {
    using S = Schedule;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        leaf<&S::start, Name>("start", kMandatory),
        refused<S>("end", kNotYet, "a method's own options end its runs"),
        refused<S>("duration", kNotYet, "a method's own options end its runs"),
        leaf<&S::execution_mode, Mode>("execution-mode"),
        leaf_list<&S::tags, Name, kTagsMax, kUnique>("tag"),
        leaf_list<&S::suppression_tags, Name, kTagsMax, kUnique>("suppression-tag"),
        list<&S::actions, kActionsMax>("action"),
        state<S>("state"),
        state<S>("storage"),
        state<S>("invocations"),
        state<S>("suppressions"),
        state<S>("overlaps"),
        state<S>("failures"),
        state<S>("last-invocation"),
    };
};

template <>
struct Node<Periodic> {
    using S = Periodic;
    static constexpr std::array fields{
        leaf<&S::interval, SecondsFrom<1>>("interval", kMandatory),
        leaf<&S::start, DateTime>("start"),
        leaf<&S::end, DateTime>("end"),
    };
};

template <>
struct Node<OneOff> {
    static constexpr std::array fields{leaf<&OneOff::time, DateTime>("time", kMandatory)};
};

template <>
struct Node<Event> {
    using S = Event;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        leaf<&S::random_spread, Seconds>("random-spread"),
        leaf<&S::cycle_interval, SecondsFrom<1>>("cycle-interval"),
        alternative<&S::type, Periodic, Object<Periodic>>("periodic", kEventType),
        alternative<&S::type, OneOff, Object<OneOff>>("one-off", kEventType),
        alternative<&S::type, Immediate, Empty<Immediate>>("immediate", kEventType),
        alternative<&S::type, Startup, Empty<Startup>>("startup", kEventType),
        refused<S>("calendar", kNotYet, kEventTypes, kEventType),
        refused<S>("controller-lost", kNotYet, kEventTypes, kEventType),
        refused<S>("controller-connected", kNotYet, kEventTypes, kEventType),
    };
};

struct Tasks {
    static constexpr std::array fields{list<&Instruction::tasks, kTasksMax>("task")};
};

struct Schedules {
    static constexpr std::array fields{list<&Instruction::schedules, kSchedulesMax>("schedule")};
};

struct Events {
    static constexpr std::array fields{list<&Instruction::events, kEventsMax>("event")};
};

template <>
struct Node<Instruction> {
    using S = Instruction;
    static constexpr std::array fields{
        state<S>("capabilities"),
        container<&S::agent>("agent"),
        group<S, Tasks>("tasks"),
        group<S, Schedules>("schedules"),
        refused<S>("suppressions", kNotYet, "leave them out, or stop a schedule by leaving it out"),
        group<S, Events>("events"),
    };
};

} // namespace json

Reading<Instruction> read_instruction(std::string_view text)
{
    return json::read_document<Instruction>(text, kInstructionBytesMax, json::kInstructionRoot, check_instruction);
}

Reading<Instruction> read_instruction_part(std::string_view text)
{
    return json::read_document<Instruction>(text, kInstructionBytesMax, json::kInstructionRoot);
}

std::string write_instruction(const Instruction &instruction)
{
    return json::indented(json::write_document(instruction, json::kInstructionRoot));
}

} // namespace sonde::model
