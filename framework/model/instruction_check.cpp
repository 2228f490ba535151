#include "model/instruction_json.hpp"
#include "model/json/nearest.hpp"
#include "model/json/path.hpp"
#include "model/limits.hpp"
#include "model/options.hpp"
#include "model/report_task.hpp"

#include <algorithm>
#include <map>

namespace sonde::model {

bool is_report_task(const Task &task)
{
    if (task.program)
        return *task.program == kReportProgram;
    return std::any_of(task.functions.begin(), task.functions.end(),
                       [](const Function &function) { return function.uri == kReportUri; });
}

namespace {

const std::string kRootPath = "/ietf-lmap-control:lmap";

// The names that a list of the instruction defines, and the entries behind them.
template <class T>
class Index {
public:
    Index(std::string_view noun, const std::vector<T> &entries) : noun_(noun)
    {
        for (const T &entry : entries) {
            by_name_.emplace(entry.name, &entry);
            names_.push_back(entry.name);
        }
    }

    const T *find(std::string_view name) const
    {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }

    Error dangling(std::string where, std::string_view name) const
    {
        return {std::move(where), "no " + noun_ + " named '" + json::shown(name) + "'",
                json::name_hint(name, noun_ + "s", names_)};
    }

private:
    std::string noun_;
    std::map<std::string_view, const T *> by_name_;
    std::vector<std::string_view> names_;
};

class Check {
public:
    Check(const Instruction &instruction, std::vector<Error> &errors, std::vector<Error> &warnings)
        : instruction_(instruction), errors_(errors), warnings_(warnings), tasks_("task", instruction.tasks),
          schedules_("schedule", instruction.schedules), events_("event", instruction.events)
    {
    }

    void run()
    {
        check_agent();
        for (const Task &task : instruction_.tasks)
            check_task(task, kRootPath + "/tasks/task" + json::predicate("name", task.name));
        for (const Event &event : instruction_.events)
            check_event(event, kRootPath + "/events/event" + json::predicate("name", event.name));
        for (const Schedule &schedule : instruction_.schedules)
            check_schedule(schedule, kRootPath + "/schedules/schedule" + json::predicate("name", schedule.name));
    }

private:
    void error(Error error)
    {
        if (errors_.size() < kErrorsMax)
            errors_.push_back(std::move(error));
    }

    void error(std::string where, std::string what, std::string hint)
    {
        error({std::move(where), std::move(what), std::move(hint)});
    }

    void warn(std::string where, std::string what, std::string hint)
    {
        if (warnings_.size() < kErrorsMax)
            warnings_.push_back({std::move(where), std::move(what), std::move(hint)});
    }

    void check_agent()
    {
        const AgentConfiguration &agent = instruction_.agent;
        const std::string path = kRootPath + "/agent/";
        const auto reported = [&](bool report, bool known, const std::string &leaf) {
            if (report && !known)
                error(path + "report-" + leaf, "there is no " + leaf + " to report", "set it, or leave this out");
        };
        reported(agent.report_agent_id, agent.agent_id.has_value(), "agent-id");
        reported(agent.report_group_id, agent.group_id.has_value(), "group-id");
        reported(agent.report_measurement_point, agent.measurement_point.has_value(), "measurement-point");
        if (agent.controller_timeout)
            warn(path + "controller-timeout", "has no effect",
                 "this version has no controller-lost event that it could raise");
    }

    void check_task(const Task &task, const std::string &path)
    {
        if (task.functions.empty() && !task.program)
            error(path, "names no method", "give it a function's uri or a program");
        if (task.program && (task.program->empty() || task.program->find('/') != std::string::npos))
            error(path + "/program", "'" + json::shown(*task.program) + "' is not the name of a method",
                  "methods are named, never given by a path: ping");
    }

    void check_event(const Event &event, const std::string &path)
    {
        const auto *periodic = std::get_if<Periodic>(&event.type);
        if (periodic != nullptr && periodic->start && periodic->end && *periodic->end < *periodic->start)
            error(path + "/periodic/end", "is before the start", "it would never fire");
    }

    void check_schedule(const Schedule &schedule, const std::string &path)
    {
        // An empty reference was reported as missing where it was read.
        if (!schedule.start.empty() && events_.find(schedule.start) == nullptr)
            error(events_.dangling(path + "/start", schedule.start));
        if (schedule.execution_mode == ExecutionMode::parallel)
            error(path + "/execution-mode", "parallel execution is not supported by this version",
                  "use \"sequential\", or a schedule for each action");
        if (schedule.actions.empty())
            warn(path, "has no action", "it does nothing");
        for (const Action &action : schedule.actions)
            check_action(action, path + "/action" + json::predicate("name", action.name));
    }

    void check_action(const Action &action, const std::string &path)
    {
        const Task *task = tasks_.find(action.task);
        if (task == nullptr && !action.task.empty())
            error(tasks_.dangling(path + "/task", action.task));
        for (const std::string &destination : action.destinations)
            check_destination(destination, path + "/destination");
        if (task == nullptr)
            return;
        if (is_report_task(*task))
            check_report(*task, action, path);
        else if (action.destinations.empty())
            warn(path, "discards its results", "it has no destination, the name of a schedule that reports");
    }

    void check_destination(const std::string &name, const std::string &path)
    {
        const Schedule *schedule = schedules_.find(name);
        if (schedule == nullptr) {
            error(schedules_.dangling(path, name));
            return;
        }
        const Task *receiver = schedule->actions.empty() ? nullptr : tasks_.find(schedule->actions.front().task);
        if (receiver == nullptr ? schedule->actions.empty() : !is_report_task(*receiver))
            error(path, "schedule '" + json::shown(name) + "' cannot take results",
                  "its first action has to be the built-in report; results as input of another method are not "
                  "supported by this version");
    }

    void check_report(const Task &task, const Action &action, const std::string &path)
    {
        bool any = false;
        for (const Option &option : merge_options(task.options, action.options)) {
            if (option.name != kCollectorOption)
                continue;
            any = true;
            if (!option.value || !(option.value->starts_with("https://") || option.value->starts_with("file:")))
                error(path, "'" + json::shown(option.value.value_or("")) + "' is no collector",
                      "a collector is https://HOST:PORT, or file:NAME for a folder of the agent's");
        }
        if (!any)
            error(path, "reports to nobody",
                  "give it or its task an option 'collector', https://HOST:PORT or file:NAME");
        if (!action.destinations.empty())
            error(path + "/destination", "a report has no results of its own", "leave it out");
    }

    const Instruction &instruction_;
    std::vector<Error> &errors_;
    std::vector<Error> &warnings_;
    Index<Task> tasks_;
    Index<Schedule> schedules_;
    Index<Event> events_;
};

} // namespace

void check_instruction(const Instruction &instruction, std::vector<Error> &errors, std::vector<Error> &warnings)
{
    Check(instruction, errors, warnings).run();
}

} // namespace sonde::model
