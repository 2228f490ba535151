#pragma once

#include "store/repository.hpp"
#include "store/where.hpp"

namespace sonde::store {

// Where the rows of a page are: it walks an index in the order of the rows, and sorts nothing.
Select select_parts(const ResultQuery &query);

Result<Page> read_results(sqlite::Connection &db, const ResultQuery &query,
                          const std::function<bool(const ResultRow &)> &sink);

Result<std::vector<SeenAgent>> read_agents(sqlite::Connection &db, const std::optional<Uuid> &after, std::size_t limit);

} // namespace sonde::store
