#pragma once

#include "spool/records.hpp"
#include "sqlite/connection.hpp"

#include <cstddef>
#include <cstdint>

// Results that wait to be the input of a run on this machine.
namespace sonde::spool {

// The entries for `destination` behind that number, oldest first, of runs that have ended: about `max_bytes`, but at
// least one.
Result<Batch> read_inputs(sqlite::Connection &db, const Destination &destination, std::uint64_t after,
                          std::size_t max_bytes);

// Nobody takes what waits for `destination` any more: it is set aside. Returns how many entries.
Result<std::size_t> give_up_inputs(sqlite::Connection &db, const Destination &destination, const std::string &reason,
                                   WallTime when);

// Whether no collector waits for an entry, but a run does, or several do.
Result<bool> is_input_alone(sqlite::Connection &db, std::uint64_t sequence);

} // namespace sonde::spool
