#pragma once

#include "sqlite/connection.hpp"
#include "store/controller_state.hpp"
#include "store/marks.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sonde::store {

// What an agent has said of its count since its instruction is in force, in the order of time.
Result<std::vector<AgentMark>> read_marks(sqlite::Connection &db, const std::string &agent);

// See ControllerState::seen.
Result<void> put_poll(sqlite::Connection &db, const std::string &agent, const std::optional<std::string> &applied,
                      WallTime when, const std::optional<AgentAccounts> &accounts);

} // namespace sonde::store
