#include "model/options.hpp"

#include <set>

namespace sonde::model {

std::vector<Option> merge_options(const std::vector<Option> &task, const std::vector<Option> &action)
{
    std::vector<Option> merged = task;
    merged.insert(merged.end(), action.begin(), action.end());
    std::set<std::string> ids;
    for (Option &option : merged) {
        const std::string id = option.id;
        for (int copy = 2; !ids.insert(option.id).second; ++copy)
            option.id = id + "-" + std::to_string(copy);
    }
    return merged;
}

} // namespace sonde::model
