#include "left_behind.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace sonde::agent {

asio::awaitable<void> LeftBehind::deliver_all(std::shared_ptr<const Routes> routes)
{
    auto status = co_await spool_.status();
    if (!status)
        co_return;
    const std::vector<spool::Destination> known = routes->all();
    for (const spool::Pending &pending : status->pending) {
        const auto destination = from_spool(pending.destination);
        if (!destination || under_way_.contains(pending.destination) ||
            std::find(known.begin(), known.end(), pending.destination) != known.end())
            continue;
        const auto stopper = std::make_shared<Stopper>();
        under_way_.emplace(pending.destination, stopper);
        coroutines_.spawn(deliver(pending.destination, *destination, stopper));
    }
}

asio::awaitable<void> LeftBehind::deliver(spool::Destination name, Destination destination,
                                          std::shared_ptr<Stopper> stopper)
{
    co_await reporter_.deliver(std::move(destination), std::move(stopper));
    under_way_.erase(name);
}

void LeftBehind::stop()
{
    for (const auto &[name, stopper] : under_way_)
        stopper->stop("the agent was stopped");
}

} // namespace sonde::agent
