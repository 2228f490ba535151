#pragma once

#include "base/result.hpp"
#include "model/report.hpp"

namespace sonde::store {

// Whether the repository can hold a report that has been read: names match what SQL and views take (see names.hpp),
// cells are as many as columns and of their types. Where it fails, the report is its sender's fault; what
// Repository::store() refuses after a passed check is the database's. Pure; any thread.
Result<void> check(const model::Report &report);

} // namespace sonde::store
