#include "model/check/checks.hpp"
#include "model/controller_timeout.hpp"
#include "model/instruction_json.hpp"
#include "model/report_task.hpp"

#include <algorithm>

namespace sonde::model {

bool is_report_task(const Task &task)
{
    if (task.program)
        return *task.program == kReportProgram;
    return std::any_of(task.functions.begin(), task.functions.end(),
                       [](const Function &function) { return function.uri == kReportUri; });
}

namespace check {

void check_agent(const Subject &subject, Findings &findings)
{
    const AgentConfiguration &agent = subject.instruction.agent;
    const std::string path = kRootPath + "/agent/";
    const auto reported = [&](bool report, bool known, const std::string &leaf) {
        if (report && !known)
            findings.error(path + "report-" + leaf, "there is no " + leaf + " to report", "set it, or leave this out");
    };
    reported(agent.report_agent_id, agent.agent_id.has_value(), "agent-id");
    reported(agent.report_group_id, agent.group_id.has_value(), "group-id");
    reported(agent.report_measurement_point, agent.measurement_point.has_value(), "measurement-point");
    const auto hears = [](const Event &event) {
        return std::holds_alternative<ControllerLost>(event.type) ||
               std::holds_alternative<ControllerConnected>(event.type);
    };
    const auto &events = subject.instruction.events;
    if (agent.controller_timeout && !subject.unread.holds_list("event") &&
        std::none_of(events.begin(), events.end(), hears))
        findings.warn(path + "controller-timeout", "has no effect",
                      "no event here is controller-lost or controller-connected");
    if (agent.controller_timeout && *agent.controller_timeout < kControllerTimeoutLeast)
        findings.warn(path + "controller-timeout",
                      "counts as " + std::to_string(kControllerTimeoutLeast.count()) + " s, as any shorter one does",
                      "an agent asks its Controller once a second at most");
}

namespace {

// The leafs and the options of the same name say the same.
void check_network(const Task &task, const std::string &path, Findings &findings)
{
    const auto check = [&](bool given, const std::string &name) {
        if (!given)
            return;
        if (is_report_task(task))
            findings.error(path + "/sonde-lmap:" + name, "a report measures nothing", "leave it out");
        for (const Option &option : task.options)
            if (option.name == name)
                findings.error(path + "/option" + json::predicate("id", option.id),
                               "says the same as sonde-lmap:" + name, "leave one of them out");
    };
    check(task.interface.has_value(), "interface");
    check(task.family.has_value(), "family");
}

} // namespace

void check_tasks(const Subject &subject, Findings &findings)
{
    for (const Task &task : subject.instruction.tasks) {
        const std::string path = path_of("task", task.name);
        if (task.functions.empty() && !task.program && !subject.unread.holds(path + "/function"))
            findings.error(path, "names no method", "give it a function's uri or a program");
        if (task.program && (task.program->empty() || task.program->find('/') != std::string::npos))
            findings.error(path + "/program", "'" + json::shown(*task.program) + "' is not the name of a method",
                           "methods are named, never given by a path: ping");
        check_network(task, path, findings);
    }
}

} // namespace check

void check_instruction(const Instruction &instruction, std::vector<Error> &errors, std::vector<Error> &warnings)
{
    const check::Subject subject(instruction, errors);
    check::Findings findings(errors, warnings);
    check::check_agent(subject, findings);
    check::check_data_budget(subject, findings);
    check::check_tasks(subject, findings);
    check::check_events(subject, findings);
    check::check_schedules(subject, findings);
    check::check_constraints(subject, findings);
    check::check_destinations(subject, findings);
    check::check_suppressions(subject, findings);
}

} // namespace sonde::model
