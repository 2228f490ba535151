#pragma once

#include "spool/records.hpp"
#include "sqlite/connection.hpp"

namespace sonde::spool {

Result<OpenState> read_open_state(sqlite::Connection &db);

Result<void> record_change(sqlite::Connection &db, Change change);

Result<void> start_action(sqlite::Connection &db, const Uuid &intent, std::size_t action, const Uuid &run,
                          const std::string &task, WallTime when);

} // namespace sonde::spool
