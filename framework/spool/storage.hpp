#pragma once

#include "base/result.hpp"
#include "sqlite/connection.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace sonde::spool {

// What the results of a schedule's actions that wait here take of the file, by schedule and action: RFC 8194's leaf
// `storage`. A result that does not fit into a page has whole pages of its own; smaller ones share theirs, and each is
// counted with its share.
Result<std::map<std::string, std::map<std::string, std::uint64_t>>> read_storage(sqlite::Connection &db);

} // namespace sonde::spool
