#include "model/check/checks.hpp"
#include "model/report_task.hpp"

#include <algorithm>

namespace sonde::model::check {

namespace {

// What comes from other schedules goes to the first action, in a parallel schedule to all of them (RFC 8194, leaf
// destination). For the time being whatever gets it has to be the report.
bool takes_results(const Subject &subject, const Schedule &schedule)
{
    const auto reports = [&](const Action &action) {
        const Task *task = subject.tasks.find(action.task);
        return task == nullptr || is_report_task(*task); // a task that is not there is reported elsewhere
    };
    const auto &actions = schedule.actions;
    if (schedule.execution_mode == ExecutionMode::parallel)
        return !actions.empty() && std::all_of(actions.begin(), actions.end(), reports);
    return !actions.empty() && reports(actions.front());
}

void check_destination_kinds(const Subject &subject, const Schedule &sender, const std::string &path,
                             Findings &findings)
{
    for (const Action &action : sender.actions)
        for (const std::string &destination : action.destinations) {
            const Schedule *schedule = subject.schedules.find(destination);
            if (schedule != nullptr && !takes_results(subject, *schedule))
                findings.error(path_of(path, action) + "/destination",
                               "schedule '" + json::shown(destination) + "' cannot take results",
                               "its first action, and in a parallel schedule each, has to be the built-in report; "
                               "results of another schedule as input of a method are not supported by this version");
        }
}

} // namespace

// A line for each thing: it goes when the engine runs that thing.
void check_supported(const Subject &subject, Findings &findings)
{
    for (const Schedule &schedule : subject.instruction.schedules)
        check_destination_kinds(subject, schedule, path_of("schedule", schedule.name), findings);
}

} // namespace sonde::model::check
