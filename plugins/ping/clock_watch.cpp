#include "clock_watch.hpp"

#include "settings.hpp"

#include <cerrno>
#include <cstdint>
#include <limits>

#include <sys/timerfd.h>
#include <unistd.h>

namespace sonde::ping {

ClockWatch::ClockWatch() : timer_(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC))
{
    if (!timer_)
        throw plugin::Failure{kUnexpected, "no timer"};
    arm();
}

void ClockWatch::arm()
{
    itimerspec never{};
    never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

bool ClockWatch::was_set()
{
    std::uint64_t expirations;
    if (read(timer_.get(), &expirations, sizeof expirations) >= 0 || errno != ECANCELED)
        return false;
    arm();
    return true;
}

} // namespace sonde::ping
