#include "model/check/checks.hpp"
#include "model/report_task.hpp"

#include <utility>

namespace sonde::model::check {

namespace {

const std::string kNotYet = "is not supported by this version";

// For the time being the first action alone gets what comes from other schedules, and it has to be the report.
bool takes_results(const Subject &subject, const Schedule &schedule)
{
    if (schedule.actions.empty())
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
                               "its first action has to be the built-in report; results as input of another method "
                               "are not supported by this version");
        }
}

} // namespace

// A line for each thing: it goes when the engine runs that thing.
void check_supported(const Subject &subject, Findings &findings)
{
    for (const Event &event : subject.instruction.events) {
        const std::string path = path_of("event", event.name);
        const auto refuse = [&](bool there, const char *node) {
            if (there)
                findings.error(path + node, kNotYet, "periodic, one-off, immediate and startup events are");
        };
        refuse(std::holds_alternative<Calendar>(event.type), "/calendar");
        refuse(std::holds_alternative<ControllerLost>(event.type), "/controller-lost");
        refuse(std::holds_alternative<ControllerConnected>(event.type), "/controller-connected");
    }
    for (const Schedule &schedule : subject.instruction.schedules) {
        const std::string path = path_of("schedule", schedule.name);
        const auto refuse = [&](bool there, const char *node, const char *instead) {
            if (there)
                findings.error(path + node, kNotYet, instead);
        };
        refuse(schedule.end.has_value(), "/end", "a method's own options end its runs");
        refuse(schedule.duration.has_value(), "/duration", "a method's own options end its runs");
        refuse(schedule.execution_mode == ExecutionMode::parallel, "/execution-mode",
               "use \"sequential\", or a schedule for each action");
        check_destination_kinds(subject, schedule, path, findings);
    }
    for (const Suppression &suppression : subject.instruction.suppressions)
        findings.error(path_of("suppression", suppression.name), kNotYet, "stop a schedule by leaving it out");
}

} // namespace sonde::model::check
