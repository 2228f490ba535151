#include "left_behind.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace sonde::agent {

asio::awaitable<void> LeftBehind::deliver_all()
{
    auto status = co_await spool_.status();
    if (!status)
        co_return;
    for (const spool::Pending &pending : status->pending) {
        // Each time those in force: another instruction may have come while the spool was busy.
        if (pending.destination.starts_with(spool::kInputScheme)) {
            if (routes_->forsaken(pending.destination) && !taken_(pending.destination))
                co_await give_up(pending.destination);
            continue;
        }
        const std::vector<spool::Destination> known = routes_->all();
        const auto destination = from_spool(pending.destination);
        if (!destination || under_way_.contains(pending.destination) ||
            std::find(known.begin(), known.end(), pending.destination) != known.end())
            continue;
        const auto stopper = std::make_shared<Stopper>();
        under_way_.emplace(pending.destination, stopper);
        coroutines_.spawn(deliver(pending.destination, *destination, stopper));
    }
}

asio::awaitable<void> LeftBehind::give_up(spool::Destination name)
{
    std::string reason = "nothing is passed to " + receiver(name) + " any more";
    const WallTime when = now().wall;
    auto given_up = co_await spool_.give_up_inputs(name, std::move(reason), when);
    if (!given_up) {
        log_->error("inputs not set aside destination={} error={}", quoted(name), quoted(to_string(given_up.error())));
    } else if (*given_up > 0) {
        log_->warn("inputs set aside destination={} results={}", quoted(name), *given_up);
        noted_();
    }
}

asio::awaitable<void> LeftBehind::deliver(spool::Destination name, Destination destination,
                                          std::shared_ptr<Stopper> stopper)
{
    co_await reporter_.deliver(std::move(destination), std::move(stopper), true);
    under_way_.erase(name);
}

void LeftBehind::stop()
{
    for (const auto &[name, stopper] : under_way_)
        stopper->stop("the agent was stopped");
}

} // namespace sonde::agent
