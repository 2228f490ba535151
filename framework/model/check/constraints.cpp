#include "model/cells.hpp"
#include "model/check/checks.hpp"
#include "model/check/gap.hpp"
#include "model/report_task.hpp"

#include <algorithm>
#include <array>

namespace sonde::model::check {

namespace {

bool has_order(std::string_view value)
{
    constexpr std::array kOrdered{"int", "double", "timestamp"}; // a duration is written as an int
    return std::any_of(kOrdered.begin(), kOrdered.end(), [&](const char *type) { return is_cell_text(type, value); });
}

struct TypeCheck {
    const Subject &subject;
    Findings &findings;
    const std::string path;

    void operator()(const LineIdle &) const {}
    void operator()(const InterfaceUp &) const {}
    void operator()(const OnBattery &) const {}

    void operator()(const LocalTimeWindow &window) const
    {
        if (window.from == window.until)
            findings.error(path + "/local-time-window/until", "is where the window begins, so that it is empty",
                           "for the whole day leave the constraint out");
    }

    void operator()(const DataBudgetLeft &left) const
    {
        const DataBudget &budget = subject.instruction.agent.data_budget;
        for (const auto &[most, leaf] :
             {std::pair(budget.bytes_per_day, "bytes-per-day"), std::pair(budget.bytes_per_month, "bytes-per-month")})
            if (most && left.bytes_min > *most)
                findings.error(path + "/data-budget-left",
                               "is more than the " + std::string(leaf) + " of the data-budget, " +
                                   std::to_string(*most),
                               "it would never hold");
    }

    void operator()(const MethodResult &result) const
    {
        const std::string here = path + "/method-result";
        const Task *task = subject.tasks.resolve(result.task, here + "/task", findings);
        if (task != nullptr && is_report_task(*task))
            findings.error(here + "/task", "a report has no results of its own", "name a task that measures");
        const bool ordered = result.comparison != Comparison::equal && result.comparison != Comparison::not_equal;
        if (ordered && !has_order(result.value))
            findings.error(here + "/value",
                           "'" + json::shown(result.value) + "' is neither less nor greater than others",
                           "a number, a duration in nanoseconds or a timestamp; anything else is equal or not-equal");
    }
};

std::chrono::seconds time_of_look(const Schedule &schedule)
{
    std::chrono::seconds sum{0};
    for (const Constraint &constraint : schedule.constraints)
        if (const auto *line = std::get_if<LineIdle>(&constraint.type))
            sum += line->window;
    return sum;
}

void check_retries(const Subject &subject, const Schedule &schedule, const std::string &path, Findings &findings)
{
    const Event *start = subject.events.find(schedule.start);
    const Retries &retries = schedule.retries;
    if (retries != Retries{} && schedule.constraints.empty() && !subject.unread.holds(path + "constraint"))
        findings.warn(path + "retries", "has no effect", "the schedule has no constraint that could fail to hold");
    if (start == nullptr || schedule.constraints.empty())
        return;
    const std::optional<std::chrono::seconds> gap = gap_of(*start);
    if (gap && longest_wait(schedule) > *gap)
        findings.warn(path + (retries.max == 0 ? "constraint" : "retries"),
                      "may wait longer than the " + std::to_string(gap->count()) + " s between two triggers",
                      "a trigger that still waits overlaps the next one, which is then not run");
}

} // namespace

std::chrono::seconds longest_wait(const Schedule &schedule)
{
    if (schedule.constraints.empty())
        return std::chrono::seconds(0);
    return schedule.retries.max * schedule.retries.delay + (schedule.retries.max + 1) * time_of_look(schedule);
}

void check_constraints(const Subject &subject, Findings &findings)
{
    for (const Schedule &schedule : subject.instruction.schedules) {
        const std::string path = path_of("schedule", schedule.name) + "/sonde-lmap:";
        for (const Constraint &constraint : schedule.constraints)
            std::visit(TypeCheck{subject, findings, path + "constraint" + json::predicate("name", constraint.name)},
                       constraint.type);
        check_retries(subject, schedule, path, findings);
    }
}

void check_data_budget(const Subject &subject, Findings &findings)
{
    const DataBudget &budget = subject.instruction.agent.data_budget;
    const std::string path = kRootPath + "/agent/sonde-lmap:data-budget/";
    if (budget.rate_bytes_per_second && !budget.burst_bytes)
        findings.error(path + "bytes-per-second", "has no burst",
                       "set burst-bytes as well: how many may go at once after a pause");
    if (budget.burst_bytes && !budget.rate_bytes_per_second)
        findings.error(path + "burst-bytes", "has no rate",
                       "set bytes-per-second as well: how many may go in a second on average");
    if (budget.bytes_per_day && budget.bytes_per_month && *budget.bytes_per_day > *budget.bytes_per_month)
        findings.warn(path + "bytes-per-day", "is more than bytes-per-month", "a day never has so many");
}

} // namespace sonde::model::check
