#pragma once

#include "base/log.hpp"
#include "coroutines.hpp"
#include "reporter.hpp"
#include "routes.hpp"
#include "spool/spool.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace sonde::agent {

namespace asio = boost::asio;

// Delivers what waits for a destination that no schedule in force reports to: it still goes to its collector. What
// waits to be the input of an action that nothing is passed to any more is set aside. Belongs to one thread; everything
// handed in outlives it.
class LeftBehind {
public:
    // `routes` are those in force, whenever they are looked at. `noted` is called when the spool has new Failure
    // Information of what was set aside. Inputs that are `taken`, by a run that has begun, are left to it.
    LeftBehind(Coroutines &coroutines, spool::Spool &spool, Reporter &reporter,
               const std::shared_ptr<const Routes> &routes, std::shared_ptr<Log> log, std::function<void()> noted,
               std::function<bool(const spool::Destination &)> taken)
        : coroutines_(coroutines), spool_(spool), reporter_(reporter), routes_(routes), log_(std::move(log)),
          noted_(std::move(noted)), taken_(std::move(taken))
    {
    }

    // Begins with what waits and is for none of the routes in force, unless it is under way.
    asio::awaitable<void> deliver_all();

private:
    asio::awaitable<void> give_up(spool::Destination name);

    Coroutines &coroutines_;
    spool::Spool &spool_;
    Reporter &reporter_;
    const std::shared_ptr<const Routes> &routes_;
    std::shared_ptr<Log> log_;
    std::function<void()> noted_;
    std::function<bool(const spool::Destination &)> taken_;
};

} // namespace sonde::agent
