#include "plugin_host/status.hpp"

#include "frames/text.hpp"

#include <csignal>

namespace sonde::plugin_host {

std::string status_name(std::int32_t status, const frames::MethodDescription *method)
{
    static constexpr const char *names[] = {"timeout",     "refused",     "no_method",  "broke_rules", "bad_options",
                                            "no_launcher", "runner_died", "cancelled",  "no_result",   "not_started",
                                            "no_storage",  "no_address",  "quarantined"};
    if (status == 0)
        return "ok";
    if (status >= 100 && status < 100 + static_cast<std::int32_t>(std::size(names)))
        return names[status - 100];
    if (status < 0 && status > -NSIG)
        return frames::signal_name(-status);
    if (method != nullptr)
        for (const auto &declared : method->statuses)
            if (declared.code == status)
                return declared.id;
    return "status " + std::to_string(status);
}

model::Blame host_blame(std::int32_t status)
{
    if (status == 0)
        return model::Blame::unknown;
    if (status == kStatusRefused)
        return model::Blame::policy;
    // A run that is out of time may have waited for anybody.
    if (status == kStatusTimeout || status == kStatusCancelled)
        return model::Blame::unknown;
    // The code that an operator has put there, not the agent.
    if (status == kStatusQuarantined)
        return model::Blame::platform;
    return model::Blame::agent;
}

} // namespace sonde::plugin_host
