#include "alarm.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/timerfd.h>

#include <cerrno>
#include <cstring>

namespace sonde::agent {

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);

timespec to_timespec(WallTime time)
{
    const auto since = std::max(time.time_since_epoch(), std::chrono::nanoseconds(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    return {static_cast<time_t>(seconds.count()), static_cast<long>((since - seconds).count())};
}

} // namespace

Alarm::Alarm(asio::posix::stream_descriptor wall, asio::steady_timer monotonic)
    : wall_(std::move(wall)), monotonic_(std::move(monotonic))
{
}

Result<Alarm> Alarm::make(asio::any_io_executor executor)
{
    const int fd = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return Error{"timerfd_create", std::strerror(errno), ""};
    return Alarm(asio::posix::stream_descriptor(executor, fd), asio::steady_timer(executor));
}

void Alarm::wake()
{
    woken_ = true;
    monotonic_.cancel();
    wall_.cancel();
}

asio::awaitable<void> Alarm::wait(schedule::Wakeup wakeup)
{
    if (std::exchange(woken_, false))
        co_return;
    // Armed even when nothing is due on the wall clock: a set clock must be noticed all the same.
    const itimerspec when{{}, to_timespec(wakeup.wall.value_or(schedule::kEndOfTime))};
    // The clock was set since the last wait: nothing else will tell.
    if (::timerfd_settime(wall_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr) != 0 &&
        errno == ECANCELED)
        co_return;
    if (wakeup.monotonic) {
        // The timer wakes the wait on the descriptor, so that one place waits for both.
        monotonic_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(*wakeup.monotonic));
        monotonic_.async_wait([this](boost::system::error_code error) {
            if (!error)
                wall_.cancel();
        });
    }
    co_await wall_.async_wait(asio::posix::stream_descriptor::wait_read, kQuietly);
    std::uint64_t expirations = 0;
    // ECANCELED is the clock that was set; the caller reads the clock anew in any case.
    [[maybe_unused]] const ssize_t got = ::read(wall_.native_handle(), &expirations, sizeof expirations);
    monotonic_.cancel();
    woken_ = false;
}

} // namespace sonde::agent
