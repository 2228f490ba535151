#include "channel/descriptors.hpp"

#include "channel/server.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sonde::channel {

namespace {

// Those that are told 503; and standard streams, listeners, epoll, timers, the database's files and its log.
constexpr std::size_t kOthers = kOverloadedConnections + 64;

} // namespace

std::size_t fit_connections(std::size_t wanted, Log &log)
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        log.error("limit of open descriptors not known reason={}", quoted(std::strerror(errno)));
        return wanted;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        const rlimit raised{limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
        else
            log.warn("limit of open descriptors not raised reason={}", quoted(std::strerror(errno)));
    }
    const std::size_t fitting = limit.rlim_cur > kOthers ? limit.rlim_cur - kOthers : 1;
    if (limit.rlim_cur == RLIM_INFINITY || fitting >= wanted)
        return wanted;
    log.warn("connections limited to={} wanted={} open_descriptors={} hint={}", fitting, wanted, limit.rlim_cur,
             quoted("raise the hard limit of open files"));
    return fitting;
}

} // namespace sonde::channel
