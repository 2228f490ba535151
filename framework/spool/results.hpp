#pragma once

#include "model/report.hpp"
#include "spool/records.hpp"
#include "sqlite/connection.hpp"

#include <cstddef>

namespace sonde::spool {

// The sequence number that the next put_entry() in this transaction gives.
Result<std::uint64_t> next_sequence(sqlite::Connection &db);

// Encodes and keeps an entry whose identity has the next sequence number.
Result<Entry> put_entry(sqlite::Connection &db, const model::ReportedResult &result, int kind,
                        const std::vector<Destination> &destinations);

Result<void> append_part(sqlite::Connection &db, const Uuid &epoch, model::ReportedResult part,
                         const std::vector<Destination> &destinations);

Result<void> end_action(sqlite::Connection &db, const Uuid &epoch, Ended ended);

Result<Batch> next_batch(sqlite::Connection &db, const Uuid &epoch, const Destination &destination,
                         std::size_t max_bytes, bool all);

Result<void> acknowledge_entries(sqlite::Connection &db, const Destination &destination,
                                 const std::vector<std::uint64_t> &sequences);

Result<void> set_entries_aside(sqlite::Connection &db, const Destination &destination,
                               const std::vector<std::uint64_t> &sequences, const std::string &reason, WallTime when);

// Deletes an entry that is meant for nobody any more, and its run's outcome if that waited only for it.
Result<void> tidy_entry(sqlite::Connection &db, std::uint64_t sequence);

} // namespace sonde::spool
