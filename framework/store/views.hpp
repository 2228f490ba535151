#pragma once

#include "sqlite/connection.hpp"

#include <string>

namespace sonde::store {

// The SQL of a time in nanoseconds as RFC 3339 text in UTC with nine decimals.
std::string time_text(const std::string &column);

// Makes or renews the view of a method's table: one SELECT for each layout the table has had, joined, so that a plugin
// may add columns. A table keeps the view's name it got first; where two would have the same, the second is numbered.
//
// Columns: agent, run, schedule, action, task, event, cycle_number, result_start, result_end and result_status (with an
// underscore before one that the table itself has), then the table's.
Result<void> renew_view(sqlite::Connection &db, const std::string &method, const std::string &table, bool first);

} // namespace sonde::store
