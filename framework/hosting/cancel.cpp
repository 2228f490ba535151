#include "hosting/cancel.hpp"

#include <algorithm>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace sonde::hosting {

namespace {

constexpr std::int64_t kAskEveryNs = 1'000'000;

timespec to_timespec(std::int64_t ns)
{
    return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

void watch(int epoll, int fd)
{
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

} // namespace

Cancel::Cancel(int agent_fd, std::optional<MonotonicTime> deadline) : fd_(agent_fd)
{
    if (!deadline)
        return;
    either_.reset(::epoll_create1(EPOLL_CLOEXEC));
    fd_ = either_.get();
    watch(either_.get(), agent_fd);
    timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    itimerspec at{};
    // Zero would disarm the timer; a deadline at or before boot has passed just as well a nanosecond later.
    at.it_value = to_timespec(std::max<std::int64_t>(deadline->time_since_epoch().count(), 1));
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
    watch(either_.get(), timer_.get());
}

bool Cancel::poll_now() const
{
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 0) > 0)
        cancelled_.store(true, std::memory_order_relaxed);
    return cancelled_.load(std::memory_order_relaxed);
}

bool Cancel::cancelled(std::int64_t now_ns) const
{
    if (cancelled_.load(std::memory_order_relaxed))
        return true;
    if (now_ns - asked_ns_.load(std::memory_order_relaxed) < kAskEveryNs)
        return false;
    asked_ns_.store(now_ns, std::memory_order_relaxed);
    return poll_now();
}

bool Cancel::wait_until(std::int64_t until_ns, int also_fd) const
{
    while (true) {
        const std::int64_t left_ns = std::max<std::int64_t>(until_ns - monotonic_ns(), 0);
        const timespec left = to_timespec(left_ns);
        pollfd waits[2] = {{fd_, POLLIN, 0}, {also_fd, POLLIN, 0}};
        ::ppoll(waits, 2, &left, nullptr);
        if (waits[0].revents != 0) {
            cancelled_.store(true, std::memory_order_relaxed);
            return true;
        }
        if (waits[1].revents != 0 || monotonic_ns() >= until_ns)
            return false;
    }
}

} // namespace sonde::hosting
