#pragma once

#include "base/result.hpp"
#include "channel/message.hpp"
#include "store/repository.hpp"

namespace sonde::collector {

// The filters of an operator's query, from its parameters: agent (repeatable), task, method, table, run, from, to,
// limit (rows in all; by default all there are). An unknown parameter or a bad value is an Error that names it.
struct ResultsRequest {
    store::ResultQuery query;
    std::uint64_t limit = UINT64_MAX;
};
Result<ResultsRequest> read_results_request(const channel::Request &request);

// agent (repeatable), schedule, outcome, from, to, limit.
struct OutcomesRequest {
    store::OutcomeQuery query;
    std::uint64_t limit = UINT64_MAX;
};
Result<OutcomesRequest> read_outcomes_request(const channel::Request &request);

// run: a UUID or its beginning, of at least four digits.
Result<std::string> read_trace_request(const channel::Request &request);

} // namespace sonde::collector
