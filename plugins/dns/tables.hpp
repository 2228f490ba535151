#pragma once

#include "account.hpp"
#include "attempt.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <vector>

namespace sonde::dns {

// The order in which the method declares its tables.
enum TableIndex : std::uint32_t { kQueries, kSummaries, kComparisons, kLoads };

// False: the run should stop. What it still has to tell is taken all the same.
bool send_query_row(const sonde_host &host, const std::vector<Server> &servers, const Question &question,
                    const Attempt &attempt, const Observation &seen);

void send_account_rows(const sonde_host &host, const std::vector<Server> &servers,
                       const std::vector<Question> &questions, const Account &account);

void send_load_row(const sonde_host &host, const Settings &settings, const Load &load, const Account &account);

} // namespace sonde::dns
