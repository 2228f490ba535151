#pragma once

#include "spool/spool.hpp"

#include <vector>

namespace sonde::agent {

namespace asio = boost::asio;

// What the spool holds of an agent: what is under way, what waits, and what was counted.
struct Holdings {
    spool::OpenState state;
    spool::Status status;
    std::vector<spool::ScheduleCounts> counts;
};

// Read one after the other.
asio::awaitable<Result<Holdings>> holdings_of(spool::Spool &spool);

} // namespace sonde::agent
