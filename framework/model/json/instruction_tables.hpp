#pragma once

#include "model/json/calendar.hpp"
#include "model/json/common_tables.hpp"
#include "model/json/constraint_tables.hpp"

// The configuration in ietf-lmap-control. What an agent's state shares with it is in arrays apart from the tables.
namespace sonde::model::json {

inline constexpr std::string_view kInstructionRoot = "ietf-lmap-control:lmap";

struct Mode {
    static constexpr Shape kShape{};
    static constexpr std::array<std::string_view, 3> kWords{"sequential", "parallel", "pipelined"};

    static void read(Context &context, const Value &value, ExecutionMode &target)
    {
        read_word(context, value, "mode", kWords, target);
    }
    static void write(Writer &writer, ExecutionMode mode) { put(writer, kWords.at(static_cast<std::size_t>(mode))); }
};

struct FamilyWord {
    static constexpr Shape kShape{};
    static constexpr std::array<std::string_view, 2> kWords{"ipv4", "ipv6"};

    static void read(Context &context, const Value &value, Family &target)
    {
        read_word(context, value, "IP version", kWords, target);
    }
    static void write(Writer &writer, Family family) { put(writer, kWords.at(static_cast<std::size_t>(family))); }
};

template <>
struct Node<Channel> {
    using S = Channel;
    static constexpr std::array fields{
        leaf<&S::longest_poll, SecondsFrom<1, kLongestPollMax>>("longest-poll"),
        leaf<&S::report_bytes_max, Integer<std::uint32_t, kReportSizeLeast, kReportSizeMost>>("report-bytes-max"),
        leaf<&S::report_retry_max, SecondsFrom<1, kReportRetryMax>>("report-retry-max"),
    };
};

inline constexpr std::array kAgentFields{
    leaf<&AgentConfiguration::agent_id, UuidText>("agent-id"),
    leaf<&AgentConfiguration::group_id, Text>("group-id"),
    leaf<&AgentConfiguration::measurement_point, Text>("measurement-point"),
    leaf<&AgentConfiguration::report_agent_id, Boolean>("report-agent-id"),
    leaf<&AgentConfiguration::report_group_id, Boolean>("report-group-id"),
    leaf<&AgentConfiguration::report_measurement_point, Boolean>("report-measurement-point"),
    leaf<&AgentConfiguration::controller_timeout, Seconds>("controller-timeout"),
    container<&AgentConfiguration::data_budget>("sonde-lmap:data-budget"),
    container<&AgentConfiguration::channel>("sonde-lmap:channel"),
};

template <>
struct Node<AgentConfiguration> {
    static constexpr std::array fields = joined(kAgentFields, std::array{
                                                                  state<AgentConfiguration>("last-started"),
                                                                  state<AgentConfiguration>("sonde-lmap:clock"),
                                                              });
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
        leaf<&S::interface, InterfaceName>("sonde-lmap:interface"),
        leaf<&S::family, FamilyWord>("sonde-lmap:family"),
    };
};

inline constexpr std::array kActionFields{
    leaf<&Action::name, Name>("name", kMandatory),
    leaf<&Action::task, Name>("task", kMandatory),
    refused<Action>("parameters", "are of no module that is known here", "use options"),
    list<&Action::options, kOptionsMax>("option"),
    leaf_list<&Action::destinations, Name, kDestinationsMax, kUnique>("destination"),
    leaf_list<&Action::tags, Name, kTagsMax, kUnique>("tag"),
    leaf_list<&Action::suppression_tags, Name, kTagsMax, kUnique>("suppression-tag"),
    leaf_list<&Action::report_tables, Name, kTablesMax, kUnique>("sonde-lmap:report-table"),
};

template <>
struct Node<Action> {
    using S = Action;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields = joined(kActionFields, std::array{
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
                                                                   state<S>("sonde-lmap:outcomes"),
                                                               });
};

inline constexpr Choice kStop{"end", Presence::optional};

inline constexpr std::array kScheduleFields{
    leaf<&Schedule::name, Name>("name", kMandatory),
    leaf<&Schedule::start, Name>("start", kMandatory),
    in(kStop, leaf<&Schedule::end, Name>("end")),
    in(kStop, leaf<&Schedule::duration, Seconds>("duration")),
    leaf<&Schedule::execution_mode, Mode>("execution-mode"),
    leaf_list<&Schedule::tags, Name, kTagsMax, kUnique>("tag"),
    leaf_list<&Schedule::suppression_tags, Name, kTagsMax, kUnique>("suppression-tag"),
    list<&Schedule::constraints, kConstraintsMax>("sonde-lmap:constraint"),
    container<&Schedule::retries>("sonde-lmap:retries"),
};

template <>
struct Node<Schedule> {
    using S = Schedule;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields = joined(kScheduleFields, std::array{
                                                                     list<&S::actions, kActionsMax>("action"),
                                                                     state<S>("state"),
                                                                     state<S>("storage"),
                                                                     state<S>("invocations"),
                                                                     state<S>("suppressions"),
                                                                     state<S>("overlaps"),
                                                                     state<S>("failures"),
                                                                     state<S>("last-invocation"),
                                                                 });
};

inline constexpr std::array kSuppressionFields{
    leaf<&Suppression::name, Name>("name", kMandatory),
    leaf<&Suppression::start, Name>("start"),
    leaf<&Suppression::end, Name>("end"),
    leaf_list<&Suppression::match, Name, kMatchesMax, kUnique>("match"),
    leaf<&Suppression::stop_running, Boolean>("stop-running"),
};

template <>
struct Node<Suppression> {
    static constexpr std::string_view key = "name";
    static constexpr std::array fields = joined(kSuppressionFields, std::array{state<Suppression>("state")});
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
struct Node<Calendar> {
    using S = Calendar;
    static constexpr std::array fields{
        leaf<&S::month, CalendarValues<kMonths>>("month", kMandatory),
        leaf<&S::day_of_month, CalendarValues<kDaysOfMonth>>("day-of-month", kMandatory),
        leaf<&S::day_of_week, CalendarValues<kDaysOfWeek>>("day-of-week", kMandatory),
        leaf<&S::hour, CalendarValues<kHours>>("hour", kMandatory),
        leaf<&S::minute, CalendarValues<kMinutes>>("minute", kMandatory),
        leaf<&S::second, CalendarValues<kSeconds>>("second", kMandatory),
        leaf<&S::timezone_offset, TimezoneOffset>("timezone-offset"),
        leaf<&S::start, DateTime>("start"),
        leaf<&S::end, DateTime>("end"),
    };
};

template <>
struct Node<OneOff> {
    static constexpr std::array fields{leaf<&OneOff::time, DateTime>("time", kMandatory)};
};

// RFC 8194 does not make the choice mandatory, but an event without a type would never fire.
inline constexpr Choice kEventType{"event type", kMandatory};

template <>
struct Node<Event> {
    using S = Event;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        leaf<&S::random_spread, Seconds>("random-spread"),
        leaf<&S::cycle_interval, SecondsFrom<1>>("cycle-interval"),
        alternative<&S::type, Periodic, Object<Periodic>>("periodic", kEventType),
        alternative<&S::type, Calendar, Object<Calendar>>("calendar", kEventType),
        alternative<&S::type, OneOff, Object<OneOff>>("one-off", kEventType),
        alternative<&S::type, Immediate, Empty<Immediate>>("immediate", kEventType),
        alternative<&S::type, Startup, Empty<Startup>>("startup", kEventType),
        alternative<&S::type, ControllerLost, Empty<ControllerLost>>("controller-lost", kEventType),
        alternative<&S::type, ControllerConnected, Empty<ControllerConnected>>("controller-connected", kEventType),
    };
};

} // namespace sonde::model::json
