#pragma once

#include "model/intent.hpp"
#include "model/reading.hpp"
#include "model/report.hpp"

#include <span>
#include <string_view>
#include <vector>

// Outcomes travel as rows of the built-in method `outcomes`, so that they need no wire format of their own.
namespace sonde::model {

inline constexpr std::string_view kOutcomesMethod = "outcomes"; // and the name of its only table
inline constexpr std::string_view kOutcomesVersion = "1.0";

// All words, in the order in which they are shown.
inline constexpr OutcomeWord kOutcomeWords[] = {
    OutcomeWord::completed, OutcomeWord::failed,  OutcomeWord::suppressed,  OutcomeWord::overlapped,
    OutcomeWord::not_met,   OutcomeWord::refused, OutcomeWord::interrupted, OutcomeWord::missed,
};

// run, schedule, action, task, outcome, status, blame, message, first_event, last_event, count, start, end, lateness,
// rows, rows_dropped, sent, received. Columns are only ever added, at the end.
const std::vector<Column> &outcomes_columns();

// A result with one row an outcome, at time `at`. Schedule, action and task are empty, as it belongs to no schedule;
// the run is a UUID of its own.
ReportedResult outcomes_result(std::span<const Outcome> outcomes, const EntryIdentity &identity, const Uuid &run,
                               WallTime at);

// Whether a result's method is `outcomes`.
bool is_outcomes(const ReportedResult &result);

// The outcomes in such a result. Columns are found by name, so that those of a newer agent are read as well; an error
// names row and column.
Result<std::vector<Outcome>> outcomes_of(const ReportedResult &result);

} // namespace sonde::model
