#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace sonde::plugin_host {

// What coroutines of one thread wait at until somebody says that something has changed. Always in a loop over what is
// waited for: a wait also ends by cancellation.
class Condition {
public:
    explicit Condition(const boost::asio::any_io_executor &executor)
        : timer_(executor, std::chrono::steady_clock::time_point::max())
    {
    }

    void notify() { timer_.cancel(); }

    boost::asio::awaitable<void> wait()
    {
        boost::system::error_code ended;
        co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
    }

    // The same, at most until then. Only where there is one who waits.
    boost::asio::awaitable<void> wait_until(std::chrono::steady_clock::time_point deadline)
    {
        timer_.expires_at(deadline);
        co_await wait();
    }

private:
    boost::asio::steady_timer timer_;
};

} // namespace sonde::plugin_host
