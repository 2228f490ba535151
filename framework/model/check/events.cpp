#include "model/check/calendar_days.hpp"
#include "model/check/checks.hpp"
#include "model/check/gap.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace sonde::model::check {

namespace {

constexpr const char *kNeverFires = "it would never fire";

// An event creates triggers before its end, not at it.
template <class Type>
bool check_window(const Type &type, const std::string &path, Findings &findings)
{
    if (!type.start || !type.end || *type.start < *type.end)
        return true;
    findings.error(path + "/end", "is not after the start", kNeverFires);
    return false;
}

void check_calendar(const Calendar &calendar, const std::string &path, Findings &findings)
{
    const std::array<std::tuple<const CalendarField *, const char *>, 6> fields{
        {{&calendar.month, "/month"},
         {&calendar.day_of_month, "/day-of-month"},
         {&calendar.day_of_week, "/day-of-week"},
         {&calendar.hour, "/hour"},
         {&calendar.minute, "/minute"},
         {&calendar.second, "/second"}}};
    for (const auto &[field, node] : fields) {
        if (field->every && field->values != 0)
            findings.warn(path + node, "\"*\" makes the other values needless", "leave them out, or leave \"*\" out");
        if (!field->every && field->values == 0)
            return; // reported where it was read
    }
    if (!check_window(calendar, path, findings))
        return;
    if (!has_dates(calendar))
        findings.error(path + "/day-of-month", "none of the months has such a day", kNeverFires);
    else if (!fires_in_window(calendar))
        findings.error(path, "has no such time between its start and its end", kNeverFires);
}

// Whether an event starts a schedule; others start or end something that has no cycle.
bool starts_any(const Instruction &instruction, const Event &event)
{
    return std::any_of(instruction.schedules.begin(), instruction.schedules.end(),
                       [&](const Schedule &schedule) { return schedule.start == event.name; });
}

void check_cycle(const Subject &subject, const Event &event, const std::string &path, Findings &findings)
{
    if (!event.cycle_interval)
        return;
    const auto *periodic = std::get_if<Periodic>(&event.type);
    if (!subject.unread.holds_list("schedule") && !starts_any(subject.instruction, event))
        findings.warn(path, "has no effect", "the event starts no schedule whose results could have a cycle number");
    else if (periodic != nullptr && *event.cycle_interval > periodic->interval &&
             *event.cycle_interval % periodic->interval != std::chrono::seconds(0))
        findings.warn(path, "is no multiple of the interval of " + std::to_string(periodic->interval.count()) + " s",
                      "cycles then hold different numbers of runs");
}

void check_event(const Subject &subject, const Event &event, const std::string &path, Findings &findings)
{
    if (const auto *periodic = std::get_if<Periodic>(&event.type))
        check_window(*periodic, path + "/periodic", findings);
    if (const auto *calendar = std::get_if<Calendar>(&event.type))
        check_calendar(*calendar, path + "/calendar", findings);
    const bool lost = std::holds_alternative<ControllerLost>(event.type);
    if ((lost || std::holds_alternative<ControllerConnected>(event.type)) &&
        !subject.instruction.agent.controller_timeout)
        findings.warn(path + (lost ? "/controller-lost" : "/controller-connected"), "never fires",
                      "there is no controller-timeout after which the Controller counts as lost");
    const auto gap = gap_of(event);
    if (event.random_spread && gap && *event.random_spread > *gap)
        findings.warn(path + "/random-spread",
                      "is longer than the " + std::to_string(gap->count()) + " s between two triggers",
                      "two runs may be due at once, and of those that overlap the later one is not run");
    check_cycle(subject, event, path + "/cycle-interval", findings);
}

} // namespace

std::optional<std::chrono::seconds> gap_of(const Event &event)
{
    if (const auto *periodic = std::get_if<Periodic>(&event.type))
        return periodic->interval;
    if (const auto *calendar = std::get_if<Calendar>(&event.type))
        return shortest_gap(*calendar);
    return std::nullopt;
}

void check_events(const Subject &subject, Findings &findings)
{
    for (const Event &event : subject.instruction.events)
        check_event(subject, event, path_of("event", event.name), findings);
}

} // namespace sonde::model::check
