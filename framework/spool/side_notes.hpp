#pragma once

#include "spool/records.hpp"
#include "sqlite/connection.hpp"

// What the spool keeps beside intents and results: failures for the controller, the data budget, its own state.
namespace sonde::spool {

Result<void> put_failure(sqlite::Connection &db, const model::Failure &failure);

// Says in one failure what has been dropped so far, however often it happens before the controller is told. It replaces
// the one before under a new identity, since that one may be on its way or have arrived.
Result<void> put_drop_failure(sqlite::Connection &db, std::uint64_t max_bytes);

Result<std::vector<WaitingFailure>> read_failures(sqlite::Connection &db, const Uuid &epoch, std::size_t limit);
Result<void> delete_failures(sqlite::Connection &db, const std::vector<std::int64_t> &ids);
Result<void> set_failure_aside(sqlite::Connection &db, std::int64_t id, const std::string &reason);

Result<void> put_refused_instruction(sqlite::Connection &db, const RefusedInstruction &refused,
                                     const std::vector<model::Failure> &failures);

Result<void> add_bytes(sqlite::Connection &db, std::chrono::sys_days day, std::int64_t bytes,
                       const std::optional<Bucket> &bucket);

Result<std::vector<SetAside>> read_set_aside(sqlite::Connection &db);
Result<Status> read_status(sqlite::Connection &db, const Uuid &epoch, std::uint64_t max_bytes);

} // namespace sonde::spool
