#include "model/check/checks.hpp"
#include "model/report_task.hpp"

namespace sonde::model::check {

namespace {

// For the time being the first action alone gets what comes from other schedules, and it has to be the report.
bool takes_results(const Subject &subject, const Schedule &schedule)
{
    if (schedule.actions.empty() || (schedule.execution_mode == ExecutionMode::parallel && schedule.actions.size() > 1))
        return false;
    const Task *first = subject.tasks.find(schedule.actions.front().task);
    return first == nullptr || is_report_task(*first); // a task that is not there is reported elsewhere
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
                               "its first action has to be the built-in report, and in a parallel schedule the only "
                               "one; results as input of another method are not supported by this version");
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
