#pragma once

#include "store/controller_state.hpp"

#include <string>
#include <vector>

namespace sonde::controller {

// What operators are shown, one JSON object a line: agent, last_seen, methods, refused_plugins, instruction (ETag),
// applied (the ETag that the agent last said to have), up_to_date, failures.
std::string write_agents(const std::vector<store::AgentRecord> &agents);

// One JSON object a line, newest first: agent, received, time, kind, path, message.
std::string write_stored_failures(const std::vector<store::StoredFailure> &failures);

} // namespace sonde::controller
