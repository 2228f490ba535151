#pragma once

#include "store/repository.hpp"

namespace sonde::store {

Result<Page> read_results(sqlite::Connection &db, const ResultQuery &query,
                          const std::function<bool(const ResultRow &)> &sink);

Result<std::vector<SeenAgent>> read_agents(sqlite::Connection &db, const std::optional<Uuid> &after, std::size_t limit);

} // namespace sonde::store
