#include "programs/cli/plan/costs.hpp"

#include "model/options.hpp"
#include "model/report_task.hpp"
#include "plugin_host/options.hpp"
#include "plugin_host/traffic_bound.hpp"

#include <sonde/plugin.h>

#include <algorithm>
#include <limits>

namespace sonde::cli {

namespace {

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
    cost.active = (method.flags & (SONDE_ACTIVE | SONDE_PASSIVE)) != SONDE_PASSIVE; // as the agent judges it
    const auto arguments = plugin_host::read_options(method, options);
    if (!arguments) {
        cost.unknown = to_string(arguments.errors.front());
        return cost;
    }
    cost.targets = arguments->targets;
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

} // namespace

Costs costs_of(const model::Instruction &instruction, const plugin_host::Catalogue *catalogue)
{
    Costs costs;
    for (const model::Schedule &schedule : instruction.schedules) {
        auto &of_schedule = costs.emplace_back();
        for (const model::Action &action : schedule.actions) {
            // A valid instruction has the task.
            const auto task = std::find_if(instruction.tasks.begin(), instruction.tasks.end(),
                                           [&](const model::Task &each) { return each.name == action.task; });
            ActionCost &cost = of_schedule.emplace_back();
            const auto options = model::merge_options(*task, action);
            if (model::is_report_task(*task))
                cost = cost_of_report(options);
            else if (catalogue != nullptr)
                cost = cost_of_method(*task, options, *catalogue);
            else
                cost.unknown = "no plugin could be looked at";
        }
    }
    return costs;
}

} // namespace sonde::cli
