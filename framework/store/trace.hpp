#pragma once

#include "store/repository.hpp"

namespace sonde::store {

// Runs whose UUIDs begin so, by agent and run: at most `limit` by what was measured and as many by their outcomes.
Result<std::vector<TracedRun>> trace_runs(sqlite::Connection &db, const std::string &beginning, std::size_t limit);

} // namespace sonde::store
