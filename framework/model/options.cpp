#include "model/options.hpp"

#include <set>

namespace sonde::model {

std::vector<Option> merge_options(const Task &task, const Action &action)
{
    std::vector<Option> merged;
    if (task.interface)
        merged.push_back({"interface", "interface", *task.interface});
    if (task.family)
        merged.push_back({"family", "family", *task.family == Family::ipv4 ? "4" : "6"});
    for (const std::vector<Option> *options : {&task.options, &action.options})
        merged.insert(merged.end(), options->begin(), options->end());
    std::set<std::string> ids;
    for (Option &option : merged) {
        const std::string id = option.id;
        for (int copy = 2; !ids.insert(option.id).second; ++copy)
            option.id = id + "-" + std::to_string(copy);
    }
    return merged;
}

} // namespace sonde::model
