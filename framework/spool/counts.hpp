#pragma once

#include "model/intent.hpp"
#include "spool/records.hpp"
#include "sqlite/connection.hpp"

#include <cstddef>
#include <string>
#include <vector>

// The counters of RFC 8194's schedules and actions, kept in the transactions of what they count.
namespace sonde::spool {

// An action of this intent, by its number, has been started: the first one of it or another.
Result<void> count_invocation(sqlite::Connection &db, const std::string &intent, std::size_t action, WallTime when);

// An action that had been started has ended. Before its intent is closed. `as_instructed`: its interruption is no
// failure.
Result<void> count_execution(sqlite::Connection &db, const std::string &intent, const model::Outcome &outcome,
                             bool as_instructed);

// What is planned of this schedule by now counts in no counters. Before another one of its name plans anything.
Result<void> count_no_more(sqlite::Connection &db, const std::string &schedule);
// Its counters go.
Result<void> forget_counts(sqlite::Connection &db, const std::string &schedule);

// An action that will not start. Before its intent is closed; empty: of a trigger that is none's any more.
Result<void> count_prevented_action(sqlite::Connection &db, const std::string &intent, const model::Outcome &outcome);

Result<void> count_prevented(sqlite::Connection &db, const Prevented &prevented);

Result<std::vector<ScheduleCounts>> read_counts(sqlite::Connection &db);

} // namespace sonde::spool
