#include "accepted.hpp"

#include <utility>

namespace sonde::agent {

model::Reading<Accepted> accept(model::Reading<model::Instruction> reading, spool::StoredInstruction stored,
                                const Self &self)
{
    model::Reading<Accepted> accepted;
    accepted.errors = std::move(reading.errors);
    accepted.warnings = std::move(reading.warnings);
    if (!reading.value)
        return accepted;
    const auto &claimed = reading->agent.agent_id;
    if (claimed && *claimed != self.id)
        accepted.errors.emplace_back("/ietf-lmap-control:lmap/agent/agent-id",
                                     to_string(*claimed) + " is not this agent",
                                     "this agent's is " + to_string(self.id));
    auto routes = Routes::of(*reading, self.reach);
    if (!routes)
        accepted.errors.push_back(routes.error());
    if (accepted.errors.empty())
        accepted.value =
            Accepted{std::move(stored), std::move(*reading.value), std::make_shared<const Routes>(std::move(*routes))};
    return accepted;
}

} // namespace sonde::agent
