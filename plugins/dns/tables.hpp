#pragma once

#include "attempt.hpp"
#include "comparison.hpp"
#include "tally.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace sonde::dns {

// A server, and how it was asked; Reuse::cold for UDP.
using Line = std::tuple<std::size_t, Transport, Reuse>;

// What a run has found, for its end.
struct Account {
    std::map<Line, Tally> tallies;
    std::vector<Comparison> comparisons;                     // by question
    std::vector<std::optional<std::string>> nsid, id_server; // by server
};

// What a run under load was.
struct Load {
    std::uint64_t sockets = 0;
    std::uint64_t sent = 0;    // queries
    std::int64_t duration = 0; // ns, to the last decision
};

extern const sonde_table *const kTableList[];

// False: the run should stop. What it still has to tell is taken all the same.
bool send_query_row(const sonde_host &host, const std::vector<Server> &servers, const Question &question,
                    const Attempt &attempt, const Observation &seen);

void send_account_rows(const sonde_host &host, const std::vector<Server> &servers,
                       const std::vector<Question> &questions, const Account &account);

void send_load_row(const sonde_host &host, const Settings &settings, const Load &load, const Account &account);

} // namespace sonde::dns
