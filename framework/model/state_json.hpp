#pragma once

#include "model/reading.hpp"
#include "model/state.hpp"

#include <string>
#include <string_view>

namespace sonde::model {

// An agent's state, `{"ietf-lmap-control:lmap": {...}}` in the JSON of RFC 7951 with every node, configuration and
// state. Types, ranges, unknown nodes and keys are checked; whether the configuration makes sense is not asked again.
// Pure; any thread.
Reading<AgentState> read_state(std::string_view json);

// In one line. read_state(write_state(x)) == x, but for refused plugins, which have no place in it.
std::string write_state(const AgentState &state);

} // namespace sonde::model
