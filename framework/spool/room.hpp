#pragma once

#include "sqlite/connection.hpp"

#include <cstdint>

namespace sonde::spool {

// The bytes of the file's pages that hold something.
Result<std::uint64_t> used_bytes(sqlite::Connection &db);

// Lets the oldest go until the file is within its bound: what was set aside, then results, then outcomes.
Result<void> make_room(sqlite::Connection &db, std::uint64_t max_bytes);

} // namespace sonde::spool
