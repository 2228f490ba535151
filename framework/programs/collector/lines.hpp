#pragma once

#include "store/repository.hpp"

#include <string>

// What operators are shown: one JSON object a line, each with a newline.
namespace sonde::collector {

// agent, run, method, table, schedule, action, task, result_start, result_end, event, cycle_number, status, then the
// table's own columns as model::append_members writes them.
void append_result(std::string &lines, const store::ResultRow &row);

// agent, then the columns of the built-in method `outcomes`.
void append_outcome(std::string &lines, const store::StoredOutcome &outcome);

// agent, schedule, planned, a count for each outcome word, rows, rows_dropped.
void append_sum(std::string &lines, const store::OutcomeSum &sum);

// agent, run, schedule, action, task, outcome, its times, when it and the rows were stored, and how many.
void append_traced(std::string &lines, const store::TracedRun &run);

// agent, group, first_seen, last_seen, results, clock_synchronised, clock_error_us.
void append_agent(std::string &lines, const store::SeenAgent &agent);

} // namespace sonde::collector
