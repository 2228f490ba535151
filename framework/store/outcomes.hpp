#pragma once

#include "store/repository.hpp"
#include "store/where.hpp"

namespace sonde::store {

// Stores the outcomes of one result; of two of the same run and action the one with the later sequence number counts.
Result<void> put_outcomes(sqlite::Connection &db, std::int64_t agent, const model::ReportedResult &result);

// What reads a page: it walks an index in the order of the rows, and sorts nothing.
Select select_outcomes(const OutcomeQuery &query);
Select select_sums(const OutcomeQuery &query, const std::optional<SumPlace> &after);

Result<std::vector<StoredOutcome>> read_outcomes(sqlite::Connection &db, const OutcomeQuery &query, std::size_t bytes);
Result<std::vector<OutcomeSum>> sum_outcomes(sqlite::Connection &db, const OutcomeQuery &query,
                                             const std::optional<SumPlace> &after);

} // namespace sonde::store
