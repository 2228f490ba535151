#include "model/state_json.hpp"

#include "model/json/instruction_tables.hpp"
#include "model/json/root.hpp"

namespace sonde::model {

namespace json {

namespace {

// RFC 8194 has no word for "never" where it makes a time mandatory.
constexpr WallTime kNever{};

template <auto Member>
constexpr Field<StructOf<Member>> time_or_never(std::string_view name)
{
    using S = StructOf<Member>;
    return {
        .name = name,
        .shape = DateTime::kShape,
        .read =
            [](Context &context, const Value &value, S &target) {
                WallTime time = kNever;
                DateTime::read(context, value, time);
                if (time != kNever)
                    target.*Member = time;
            },
        .present = [](const S &) { return true; },
        .write = [](Writer &writer, const S &source) { DateTime::write(writer, (source.*Member).value_or(kNever)); },
        .mandatory = true};
}

template <class Enum, const auto &kActivities>
struct ActivityWord {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, Enum &target)
    {
        read_word(context, value, "state", kActivities, target);
    }
    static void write(Writer &writer, Enum value) { put(writer, kActivities.at(static_cast<std::size_t>(value))); }
};

constexpr std::array<std::string_view, 4> kActivityWords{"enabled", "disabled", "running", "suppressed"};
constexpr std::array<std::string_view, 3> kSuppressionWords{"enabled", "disabled", "active"};

constexpr std::array kCountFields{
    leaf<&Counts::storage, Unsigned64>("storage", kMandatory),
    leaf<&Counts::invocations, Integer<std::uint32_t>>("invocations", kMandatory),
    leaf<&Counts::suppressions, Integer<std::uint32_t>>("suppressions", kMandatory),
    leaf<&Counts::overlaps, Integer<std::uint32_t>>("overlaps", kMandatory),
    leaf<&Counts::failures, Integer<std::uint32_t>>("failures", kMandatory),
};

} // namespace

template <>
struct Node<OutcomeCounts> {
    using S = OutcomeCounts;
    static constexpr std::array fields{
        leaf<&S::completed, Unsigned64>("completed"),     leaf<&S::failed, Unsigned64>("failed"),
        leaf<&S::suppressed, Unsigned64>("suppressed"),   leaf<&S::overlapped, Unsigned64>("overlapped"),
        leaf<&S::not_met, Unsigned64>("not-met"),         leaf<&S::refused, Unsigned64>("refused"),
        leaf<&S::interrupted, Unsigned64>("interrupted"), leaf<&S::missed, Unsigned64>("missed"),
    };
};

template <>
struct Node<ActionState> {
    using S = ActionState;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields =
        joined(lift<&S::configuration, kActionFields>(),
               joined(std::array{leaf<&S::activity, ActivityWord<Activity, kActivityWords>>("state", kMandatory)},
                      joined(lift<&S::counts, kCountFields>(),
                             std::array{
                                 time_or_never<&S::last_invocation>("last-invocation"),
                                 time_or_never<&S::last_completion>("last-completion"),
                                 leaf<&S::last_status, Integer<std::int32_t>>("last-status", kMandatory),
                                 leaf<&S::last_message, Text>("last-message", kMandatory),
                                 time_or_never<&S::last_failed_completion>("last-failed-completion"),
                                 leaf<&S::last_failed_status, Integer<std::int32_t>>("last-failed-status", kMandatory),
                                 leaf<&S::last_failed_message, Text>("last-failed-message", kMandatory),
                                 container<&S::outcomes>("sonde-lmap:outcomes"),
                             })));
};

template <>
struct Node<ScheduleState> {
    using S = ScheduleState;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields = joined(
        lift<&S::configuration, kScheduleFields>(),
        joined(std::array{leaf<&S::activity, ActivityWord<Activity, kActivityWords>>("state", kMandatory)},
               joined(lift<&S::counts, kCountFields>(), std::array{
                                                            leaf<&S::last_invocation, DateTime>("last-invocation"),
                                                            list<&S::actions, kActionsMax>("action"),
                                                        })));
};

template <>
struct Node<SuppressionState> {
    using S = SuppressionState;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields = joined(
        lift<&S::configuration, kSuppressionFields>(),
        std::array{leaf<&S::activity, ActivityWord<SuppressionActivity, kSuppressionWords>>("state", kMandatory)});
};

// As in ietf-lmap-control, where what Sonde adds has its module's name.
struct OfferedTask {
    using S = CapabilityTask;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        list<&S::functions, kFunctionsMax>("function"),
        leaf<&S::version, Text>("version"),
        leaf<&S::program, Text>("program"),
        leaf<&S::plugin_hash, Hash>("sonde-lmap:plugin-hash"),
        leaf<&S::plugin_version, Text>("sonde-lmap:plugin-version"),
    };
};

struct OfferedTasks {
    static constexpr std::array fields{list<&Capabilities::tasks, kTasksMax, OfferedTask>("task")};
};

struct Offers {
    static constexpr std::array fields{
        leaf<&Capabilities::version, Text>("version", kMandatory),
        leaf_list<&Capabilities::tags, Name, kTagsMax>("tag"),
        group<Capabilities, OfferedTasks>("tasks"),
    };
};

struct AgentFields {
    static constexpr std::array fields =
        joined(lift<&AgentState::configuration, kAgentFields>(),
               std::array{
                   leaf<&AgentState::last_started, DateTime>("last-started", kMandatory),
                   leaf<&AgentState::clock, Object<ClockState>>("sonde-lmap:clock"),
               });
};

struct StateTasks {
    static constexpr std::array fields{list<&AgentState::tasks, kTasksMax>("task")};
};

struct StateSchedules {
    static constexpr std::array fields{list<&AgentState::schedules, kSchedulesMax>("schedule")};
};

struct StateSuppressions {
    static constexpr std::array fields{list<&AgentState::suppressions, kSuppressionsMax>("suppression")};
};

struct StateEvents {
    static constexpr std::array fields{list<&AgentState::events, kEventsMax>("event")};
};

namespace {

// They hold mandatory nodes, and so are mandatory themselves.
template <class S>
constexpr Field<S> always(Field<S> field)
{
    field.mandatory = true;
    return field;
}

constexpr Field<AgentState> capabilities(std::string_view name)
{
    using S = AgentState;
    return {
        .name = name,
        .shape = {.kind = Kind::container, .children = schemas_of<Offers>},
        .read = [](Context &context, const Value &value,
                   S &target) { read_fields(context, value, target.capabilities, Offers::fields); },
        .present = [](const S &) { return true; },
        .write = [](Writer &writer, const S &source) { write_fields(writer, source.capabilities, Offers::fields); }};
}

} // namespace

template <>
struct Node<AgentState> {
    using S = AgentState;
    static constexpr std::array fields{
        always(capabilities("capabilities")),
        always(group<S, AgentFields>("agent")),
        group<S, StateTasks>("tasks"),
        group<S, StateSchedules>("schedules"),
        group<S, StateSuppressions>("suppressions"),
        group<S, StateEvents>("events"),
    };
};

std::span<const Schema> lmap_schemas()
{
    return schemas_of<Node<AgentState>>();
}

} // namespace json

Reading<AgentState> read_state(std::string_view text)
{
    return json::read_document<AgentState>(text, kStateBytesMax, json::kInstructionRoot);
}

std::string write_state(const AgentState &state)
{
    return json::write_document(state, json::kInstructionRoot);
}

} // namespace sonde::model
