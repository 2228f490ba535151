#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <set>

namespace sonde::agent {

namespace asio = boost::asio;

// The coroutines of a program's parts, which have to end before the parts do. Belongs to one thread.
class Coroutines {
public:
    explicit Coroutines(asio::io_context &loop) : loop_(loop), shared_(std::make_shared<Shared>()) {}

    // An exception that leaves it leaves the loop's run() as well.
    void spawn(asio::awaitable<void> coroutine);

    // Once the loop has stopped: cancels all and runs it until none is left, whatever they throw. False if some still
    // are after `limit`: they wait for something that cannot be cancelled.
    bool end(std::chrono::milliseconds limit);

    asio::any_io_executor executor() const { return loop_.get_executor(); }

private:
    struct Shared {
        std::set<std::shared_ptr<asio::cancellation_signal>> running;
        bool ending = false;
    };

    asio::io_context &loop_;
    std::shared_ptr<Shared> shared_;
};

} // namespace sonde::agent
