#pragma once

#include "base/result.hpp"
#include "schedule/engine.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sonde::agent {

namespace asio = boost::asio;

// Waits for the engine's wakeup on both clocks, and notices when the wall clock is set: a timerfd with
// TFD_TIMER_CANCEL_ON_SET ends then as well. Belongs to one thread.
class Alarm {
public:
    static Result<Alarm> make(asio::any_io_executor executor);

    // Returns at the wakeup, when the clock was set, or after wake(); a wake() before it counts.
    asio::awaitable<void> wait(schedule::Wakeup wakeup);
    void wake();

private:
    Alarm(asio::posix::stream_descriptor wall, asio::steady_timer monotonic);

    asio::posix::stream_descriptor wall_;
    asio::steady_timer monotonic_;
    bool woken_ = false;
};

} // namespace sonde::agent
