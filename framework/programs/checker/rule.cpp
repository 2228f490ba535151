#include "programs/checker/rule.hpp"

namespace sonde::checker {

const char *to_string(Status status)
{
    switch (status) {
    case Status::pass:
        return "pass";
    case Status::warning:
        return "warning";
    case Status::fail:
        return "fail";
    case Status::crash:
        return "crash";
    case Status::skipped:
        return "skipped";
    }
    return "fail";
}

std::vector<Rule> all_rules()
{
    std::vector<Rule> rules;
    for (const auto family :
         {file_rules(), load_rules(), description_rules(), method_rules(), run_rules(), stop_rules(), input_rules(),
          network_rules(), peer_rules(), leak_rules(), against_rules()})
        rules.insert(rules.end(), family.begin(), family.end());
    return rules;
}

} // namespace sonde::checker
