#pragma once

#include "model/intent.hpp"
#include "spool/records.hpp"
#include "sqlite/connection.hpp"

#include <cstddef>
#include <string_view>

namespace sonde::spool {

// What read_outcome() reads, first of a row of `outcome` or `past`.
inline constexpr std::string_view kOutcomeColumns =
    "id, run, schedule, action, task, word, status, blame, message, first_event, last_event, count, start, end, "
    "lateness, rows, rows_dropped, sent_bytes, received_bytes";

model::Outcome read_outcome(const sqlite::Rows &rows);

// Counts an outcome, and keeps it for its destinations.
Result<void> put_outcome(sqlite::Connection &db, const model::Outcome &outcome,
                         const std::vector<Destination> &destinations, bool goes_along);

// As many that would go along with others are a report.
inline constexpr int kReportAlone = 100;

// Whether outcomes wait for `destination` that make a report; `all`: or any others.
Result<bool> outcomes_are_due(sqlite::Connection &db, const Destination &destination, bool all);

// Below so many bytes of room an entry of outcomes is not worth beginning.
inline constexpr std::size_t kLeastBundle = 4000;

// Makes one entry for `destination` of the oldest outcomes that wait for it, about `room` bytes of them but at least
// one; empty if none waits.
Result<std::optional<Entry>> bundle_outcomes(sqlite::Connection &db, const Uuid &epoch, const Destination &destination,
                                             std::size_t room);

// Halves an entry of several outcomes that `destination` does not take; false if it is none, and stays. The entries of
// outcomes behind it get new numbers as well, for of two words on a run the one with the greater number holds.
Result<bool> halve_bundle(sqlite::Connection &db, const Uuid &epoch, const Destination &destination,
                          std::uint64_t sequence);

// `rows` of this run are lost: its outcome says so, also one that was sent already.
Result<void> note_rows_dropped(sqlite::Connection &db, const std::string &run, const std::string &action,
                               std::uint64_t rows);

// Deletes a run's outcome if nothing waits for it any more.
Result<void> tidy_outcome(sqlite::Connection &db, const std::string &run, const std::string &action);

} // namespace sonde::spool
