#pragma once

#include "channel/lines.hpp"
#include "query.hpp"
#include "store/repository.hpp"

// The answers to operators' queries, page by page. The repository outlives what is returned.
namespace sonde::collector {

channel::NextPage result_pages(store::Repository &repository, ResultsRequest wanted);
channel::NextPage outcome_pages(store::Repository &repository, OutcomesRequest wanted);
channel::NextPage sum_pages(store::Repository &repository, store::OutcomeQuery query);
channel::NextPage trace_page(store::Repository &repository, std::string run);
channel::NextPage agent_pages(store::Repository &repository);

} // namespace sonde::collector
