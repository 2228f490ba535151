#include "holdings.hpp"

#include <utility>

namespace sonde::agent {

asio::awaitable<Result<Holdings>> holdings_of(spool::Spool &spool)
{
    Holdings holdings;
    auto state = co_await spool.open_state();
    if (!state)
        co_return state.error();
    holdings.state = std::move(*state);
    auto status = co_await spool.status();
    if (!status)
        co_return status.error();
    holdings.status = std::move(*status);
    auto counts = co_await spool.counts();
    if (!counts)
        co_return counts.error();
    holdings.counts = std::move(*counts);
    co_return holdings;
}

} // namespace sonde::agent
