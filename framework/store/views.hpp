#pragma once

#include "sqlite/connection.hpp"

#include <string>

namespace sonde::store {

// The SQL of a time in nanoseconds as RFC 3339 text in UTC with nine decimals.
std::string time_text(const std::string &column);

// The SQL of the status of the run that a row of _result is a part of. Its last part has it; of the others it is that
// of the run's outcome, and null while that has not come or where nobody knows, as of a run that its agent's end cut
// off.
inline constexpr const char *kRunStatus =
    "CASE WHEN _result.last THEN _result.status ELSE (SELECT CASE WHEN _outcome.outcome = 'completed' THEN "
    "_outcome.status ELSE nullif(_outcome.status, 0) END FROM _outcome WHERE _outcome.agent = _result.agent "
    "AND _outcome.run = _result.run AND _outcome.action = _result.action) END";

// What overlapped the run that a row is of, as its last part tells it. Null: not known, or not yet.
inline constexpr const char *kRunConflicts =
    "CASE WHEN _result.last THEN _result.conflict ELSE (SELECT end.conflict FROM _result AS end WHERE end.run = "
    "_result.run AND end.agent = _result.agent AND end.action = _result.action AND end.last LIMIT 1) END";

// Makes or renews the view of a method's table: one SELECT for each layout the table has had, joined, so that a plugin
// may add columns. A table keeps the view's name it got first; where two would have the same, the second is numbered.
//
// Columns: agent, run, schedule, action, task, event, cycle_number, result_start, result_end and result_status (with an
// underscore before one that the table itself has), then the table's.
Result<void> renew_view(sqlite::Connection &db, const std::string &method, const std::string &table, bool first);

// Makes those views anew that an earlier version made otherwise.
Result<void> renew_old_views(sqlite::Connection &db);

} // namespace sonde::store
