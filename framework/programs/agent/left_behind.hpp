#pragma once

#include "coroutines.hpp"
#include "reporter.hpp"
#include "routes.hpp"
#include "spool/spool.hpp"
#include "stopper.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>

namespace sonde::agent {

namespace asio = boost::asio;

// Delivers what waits for a destination that no schedule in force reports to: it still goes to its collector. Belongs
// to one thread; everything handed in outlives it.
class LeftBehind {
public:
    LeftBehind(Coroutines &coroutines, spool::Spool &spool, Reporter &reporter)
        : coroutines_(coroutines), spool_(spool), reporter_(reporter)
    {
    }

    // Begins with what waits and is not for one of these, unless it is under way.
    asio::awaitable<void> deliver_all(std::shared_ptr<const Routes> routes);
    void stop();

private:
    asio::awaitable<void> deliver(spool::Destination name, Destination destination, std::shared_ptr<Stopper> stopper);

    Coroutines &coroutines_;
    spool::Spool &spool_;
    Reporter &reporter_;
    std::map<spool::Destination, std::shared_ptr<Stopper>> under_way_;
};

} // namespace sonde::agent
