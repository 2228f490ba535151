#pragma once

#include "model/intent.hpp"
#include "spool/records.hpp"
#include "sqlite/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// How runs ended, kept for whoever asks on this machine: the newest outcomes, whether they were sent or not, and when
// they were acknowledged; and all that wait for an acknowledgement, as the accounts are of these. The others are the
// first to go when the spool is full, and nothing is lost with them.
namespace sonde::spool {

// Of those that wait for nothing.
inline constexpr std::int64_t kPastKept = 2000;

// Returns the number that the outcome has there.
Result<std::int64_t> remember_outcome(sqlite::Connection &db, const model::Outcome &outcome, bool reported);

// The outcome of that number is in the entry with this sequence number now.
Result<void> remember_entry(sqlite::Connection &db, std::int64_t outcome, std::uint64_t sequence);
// The same by its run, for an entry that was made anew.
Result<void> remember_entry(sqlite::Connection &db, const model::Outcome &outcome, std::uint64_t sequence);

// Some collector has this entry of outcomes.
Result<void> remember_acknowledged(sqlite::Connection &db, std::uint64_t sequence, WallTime when);

// The entry has been set aside or dropped: nobody waits for its outcomes any more.
Result<void> remember_given_up(sqlite::Connection &db, std::uint64_t sequence);
// Those up to this number have been dropped before they were in any entry.
Result<void> remember_dropped(sqlite::Connection &db, std::int64_t last);

Result<void> remember_rows_dropped(sqlite::Connection &db, const std::string &run, const std::string &action,
                                   std::uint64_t rows);

// Forgets the oldest of those that wait for nothing; false if there are none.
Result<bool> forget_some(sqlite::Connection &db);

Result<std::vector<PastOutcome>> read_past(sqlite::Connection &db, const PastQuery &query);

// What waits of a run, by the destination.
Result<std::vector<WaitingParts>> read_waiting_parts(sqlite::Connection &db, const Uuid &run);

Result<Accounts> read_accounts(sqlite::Connection &db, WallTime now);

} // namespace sonde::spool
