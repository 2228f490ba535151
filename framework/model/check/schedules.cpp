#include "model/check/checks.hpp"
#include "model/check/gap.hpp"
#include "model/options.hpp"
#include "model/report_task.hpp"

namespace sonde::model::check {

namespace {

void check_report(const Subject &subject, const Task &task, const Action &action, const std::string &path,
                  Findings &findings)
{
    bool any = subject.unread.holds(path_of("task", task.name) + "/option") || subject.unread.holds(path + "/option");
    for (const Option &option : merge_options(task, action)) {
        if (option.name != kCollectorOption)
            continue;
        any = true;
        if (!option.value || !(option.value->starts_with("https://") || option.value->starts_with("file:")))
            findings.error(path, "'" + json::shown(option.value.value_or("")) + "' is no collector",
                           "a collector is https://HOST:PORT, or file:NAME for a folder of the agent's");
    }
    if (!any)
        findings.error(path, "reports to nobody",
                       "give it or its task an option 'collector', https://HOST:PORT or file:NAME");
    if (!action.destinations.empty())
        findings.error(path + "/destination", "a report has no results of its own", "leave it out");
    if (!action.report_tables.empty())
        findings.error(path + "/sonde-lmap:report-table", "a report has no results of its own", "leave it out");
}

void check_action(const Subject &subject, const Schedule &schedule, const Action &action, const std::string &path,
                  Findings &findings)
{
    const Task *task = subject.tasks.resolve(action.task, path + "/task", findings);
    if (task == nullptr)
        return;
    if (is_report_task(*task))
        return check_report(subject, *task, action, path, findings);
    if (!action.destinations.empty() || subject.unread.holds(path + "/destination"))
        return;
    const bool passed_on = schedule.execution_mode == ExecutionMode::pipelined && &action != &schedule.actions.back();
    if (!passed_on)
        return findings.warn(path, "discards its results",
                             "it has no destination, the name of a schedule that reports");
    const Action &next = *(&action + 1);
    const Task *its = subject.tasks.find(next.task);
    if (its != nullptr && !is_report_task(*its))
        findings.warn(path, "passes its results to action '" + json::shown(next.name) + "' alone, by a pipeline",
                      "where the method of that one takes no input they are lost; a destination is the name of a "
                      "schedule that reports");
}

void check_stop(const Subject &subject, const Schedule &schedule, const Event *start, const std::string &path,
                Findings &findings)
{
    if (schedule.end)
        subject.events.resolve(*schedule.end, path + "/end", findings);
    if (schedule.end == schedule.start)
        findings.warn(path + "/end", "is the event that starts it too", "it would end where it begins");
    if (!schedule.duration)
        return;
    if (*schedule.duration == std::chrono::seconds(0))
        findings.error(path + "/duration", "ends every run where it begins", "at least 1, or leave it out");
    const auto gap = start == nullptr ? std::nullopt : gap_of(*start);
    if (gap && *schedule.duration > *gap)
        findings.warn(path + "/duration",
                      "is longer than the " + std::to_string(gap->count()) + " s between two triggers",
                      "a run that takes so long overlaps the next one, which is then not run");
}

} // namespace

void check_schedules(const Subject &subject, Findings &findings)
{
    for (const Schedule &schedule : subject.instruction.schedules) {
        const std::string path = path_of("schedule", schedule.name);
        const Event *start = subject.events.resolve(schedule.start, path + "/start", findings);
        check_stop(subject, schedule, start, path, findings);
        if (schedule.actions.empty() && !subject.unread.holds(path + "/action"))
            findings.warn(path, "has no action", "it does nothing");
        for (const Action &action : schedule.actions)
            check_action(subject, schedule, action, path_of(path, action), findings);
    }
}

} // namespace sonde::model::check
