#pragma once

#include "store/repository.hpp"

namespace sonde::store {

// One transaction's work: all of a report, or its error.
Result<Stored> put_report(sqlite::Connection &db, const Uuid &agent, const model::Report &report, WallTime received);

} // namespace sonde::store
