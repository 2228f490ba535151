#include "programs/cli/plan/costs.hpp"

#include "model/options.hpp"
#include "model/report_task.hpp"
#include "plugin_host/options.hpp"
#include "plugin_host/traffic_bound.hpp"

#include <sonde/plugin.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <variant>

namespace sonde::cli {

namespace {

// hop-N.path.invalid names a router that each line has for itself, so that a fleet loads none of them.
constexpr std::string_view kOwnToLine = ".path.invalid";

ActionCost cost_of_method(const model::Task &task, const std::vector<model::Option> &options,
                          const plugin_host::Catalogue &catalogue)
{
    ActionCost cost;
    const auto found = catalogue.find_method(task);
    if (!found) {
        cost.unknown = to_string(found.error());
        return cost;
    }
    const frames::MethodDescription &method = found->method();
    cost.exclusive = (method.flags & SONDE_EXCLUSIVE) != 0;
    cost.takes_turn = (method.flags & (SONDE_EXCLUSIVE | SONDE_ACTIVE)) != 0;
    cost.active = (method.flags & (SONDE_ACTIVE | SONDE_PASSIVE)) != SONDE_PASSIVE; // as the agent judges it
    const auto arguments = plugin_host::read_options(method, options, task.functions);
    if (!arguments) {
        cost.unknown = to_string(arguments.errors.front());
        return cost;
    }
    for (const std::string &target : arguments->targets)
        if (!target.ends_with(kOwnToLine))
            cost.targets.push_back(target);
    cost.bytes_max = plugin_host::traffic_bound(method, arguments->values);
    if (cost.bytes_max == std::numeric_limits<std::uint64_t>::max())
        cost.bytes_max.reset();
    return cost;
}

ActionCost cost_of_report(const std::vector<model::Option> &options)
{
    ActionCost cost;
    cost.reports = true;
    for (const model::Option &option : options)
        if (option.name == model::kCollectorOption)
            cost.targets = {option.value.value_or("")};
    return cost;
}

const model::Task &task_of(const model::Instruction &instruction, const std::string &name)
{
    // A valid instruction has it.
    return *std::find_if(instruction.tasks.begin(), instruction.tasks.end(),
                         [&](const model::Task &each) { return each.name == name; });
}

ActionCost cost_of_task(const model::Task &task, const std::vector<model::Option> &options,
                        const plugin_host::Catalogue *catalogue)
{
    if (model::is_report_task(task))
        return cost_of_report(options);
    if (catalogue != nullptr)
        return cost_of_method(task, options, *catalogue);
    ActionCost cost;
    cost.unknown = "no plugin could be looked at";
    return cost;
}

// A constraint that is a method's result is measured before the first action, with what that costs.
void add_constraints(ActionCost &first, const model::Instruction &instruction, const model::Schedule &schedule,
                     const plugin_host::Catalogue *catalogue)
{
    for (const model::Constraint &constraint : schedule.constraints) {
        const auto *result = std::get_if<model::MethodResult>(&constraint.type);
        if (result == nullptr)
            continue;
        const model::Task &task = task_of(instruction, result->task);
        const ActionCost cost = cost_of_task(task, model::merge_options(task, model::Action()), catalogue);
        first.targets.insert(first.targets.end(), cost.targets.begin(), cost.targets.end());
        std::uint64_t sum = 0;
        const bool known =
            first.bytes_max && cost.bytes_max && !__builtin_add_overflow(*first.bytes_max, *cost.bytes_max, &sum);
        first.bytes_max = known ? std::optional(sum) : std::nullopt;
        if (first.unknown.empty() && !cost.unknown.empty())
            first.unknown = "its constraint '" + constraint.name + "': " + cost.unknown;
    }
}

} // namespace

Costs costs_of(const model::Instruction &instruction, const plugin_host::Catalogue *catalogue)
{
    Costs costs;
    for (const model::Schedule &schedule : instruction.schedules) {
        auto &of_schedule = costs.emplace_back();
        for (const model::Action &action : schedule.actions) {
            const model::Task &task = task_of(instruction, action.task);
            of_schedule.push_back(cost_of_task(task, model::merge_options(task, action), catalogue));
        }
        if (!of_schedule.empty())
            add_constraints(of_schedule.front(), instruction, schedule, catalogue);
    }
    return costs;
}

} // namespace sonde::cli
