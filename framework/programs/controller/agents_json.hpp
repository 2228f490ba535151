#pragma once

#include "channel/lines.hpp"
#include "silence.hpp"
#include "store/controller_state.hpp"

#include <optional>

// What operators are shown, one JSON object a line. What is handed in outlives what is returned.
namespace sonde::controller {

// agent, last_seen, methods, refused_plugins, instruction, applied, up_to_date, failures, planned, acknowledged,
// silent.
channel::NextPage agent_pages(store::ControllerState &state, Silences &silences);

// agent, received, time, kind, path, message: all that are kept, of one agent or of all, the newest first.
channel::NextPage failure_pages(store::ControllerState &state, std::optional<Uuid> agent);

} // namespace sonde::controller
