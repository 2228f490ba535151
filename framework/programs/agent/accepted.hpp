#pragma once

#include "base/id.hpp"
#include "model/instruction.hpp"
#include "model/reading.hpp"
#include "routes.hpp"
#include "spool/records.hpp"

#include <memory>
#include <string>

namespace sonde::agent {

// An instruction that has passed every check.
struct Accepted {
    spool::StoredInstruction stored;
    model::Instruction instruction;
    std::shared_ptr<const Routes> routes;
};

// What an agent can take an instruction for.
struct Self {
    Uuid id{};
    Reach reach{};
};

// The checks that are this agent's own, after those of the document: that it is meant for this agent and reports only
// to where the agent can report. The warnings stay.
model::Reading<Accepted> accept(model::Reading<model::Instruction> reading, spool::StoredInstruction stored,
                                const Self &self);

} // namespace sonde::agent
