#include "closing.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace sonde::http_download {
namespace {

// A connection that has been still for so long will not end by itself in time.
constexpr std::int64_t kStill = 300'000'000; // ns
// One whose window is full: a last, short segment comes right behind those that filled it.
constexpr std::int64_t kStillWhenFull = 20'000'000;

bool ended_by_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && ends_without_fin(error);
}

} // namespace

void account(Meter &meter, const TcpFigures &now, TcpFigures &seen, bool carries)
{
    meter.wire(now.ip_received_bytes - seen.ip_received_bytes, now.ip_sent_bytes - seen.ip_sent_bytes,
               static_cast<std::int64_t>(now.may_come_bytes) - static_cast<std::int64_t>(seen.may_come_bytes));
    if (carries)
        meter.carried(now.ip_carried_bytes - seen.ip_carried_bytes);
    seen = now;
}

void Closing::add(plugin::Fd fd, std::uint32_t family, const TcpFigures &seen, bool carries, bool broken)
{
    const std::int64_t now = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    leaving_.push_back({std::move(fd), family, seen, carries, broken, false, now, now, seen.received_bytes});
    sweep(false);
}

void Closing::sweep(bool last)
{
    std::erase_if(leaving_, [this, last](Leaving &one) { return has_left(one, last); });
}

bool Closing::has_left(Leaving &one, bool last)
{
    const int fd = one.fd.get();
    // Has the kernel acknowledge what nobody reads: it would put that off so long that the server repeats its last
    // segment.
    char byte = 0;
    if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
        one.broken |= ends_without_fin(errno);
    auto figures = read_tcp_figures(fd, one.family, direction_, one.broken);
    if (figures && figures->closed && !one.broken && ended_by_error(fd)) {
        one.broken = true;
        figures = read_tcp_figures(fd, one.family, direction_, one.broken);
    }
    if (!figures)
        return true;
    const std::int64_t now = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    if (figures->ip_received_bytes != one.seen.ip_received_bytes || figures->ip_sent_bytes != one.seen.ip_sent_bytes)
        one.moved_at = now;
    account(meter_, *figures, one.seen, one.carries);
    if (figures->closed)
        return true;
    if (figures->stands && !std::exchange(one.said_end, true))
        shutdown(fd, SHUT_WR);
    const bool full = figures->receive_window && *figures->receive_window < figures->segment_bytes.value_or(536);
    const bool still = now - one.moved_at >= (full ? kStillWhenFull : kStill);
    if (!still && !last)
        return false;
    reset(one, !still);
    return true;
}

// `moves`: what is under way finds no connection any longer, and each segment of it is answered by another reset.
void Closing::reset(const Leaving &one, bool moves)
{
    const TcpFigures &seen = one.seen;
    const linger at_once = {1, 0};
    setsockopt(one.fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    std::uint64_t received = 0;
    std::uint64_t sent = seen.stands ? seen.header_bytes : 0;
    if (moves && seen.stands) {
        const std::uint64_t coming = under_way(one);
        const std::uint64_t segment = std::max<std::uint32_t>(seen.segment_bytes.value_or(536), 1);
        const std::uint64_t segments = (coming + segment - 1) / segment + seen.unacknowledged_segments;
        received = coming + segments * seen.header_bytes;
        sent += segments * seen.header_bytes;
    }
    meter_.wire(received, sent, -static_cast<std::int64_t>(seen.may_come_bytes));
}

// No more than the window takes, and than twice what comes in a round trip, beside what came since it was given up.
std::uint64_t Closing::under_way(const Leaving &one) const
{
    const double looked_on =
        static_cast<double>(std::max<std::int64_t>(host_.now(&host_, SONDE_CLOCK_MONOTONIC) - one.added_at, 1));
    const auto came = static_cast<double>(one.seen.received_bytes - one.received_when_added);
    const double comes = came * (1 + 2 * static_cast<double>(one.seen.round_trip.value_or(0)) / looked_on);
    const auto window = static_cast<double>(one.seen.receive_window.value_or(one.seen.may_come_bytes));
    return static_cast<std::uint64_t>(std::min(comes, window));
}

} // namespace sonde::http_download
