#include "left_behind.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <utility>

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
        const auto destination = from_spool(pending.destination);
        if (!destination || routes_->reported(pending.destination))
            continue;
        coroutines_.spawn(reporter_.deliver_left(*destination));
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

} // namespace sonde::agent
