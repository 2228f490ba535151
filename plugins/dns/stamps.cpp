#include "stamps.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

namespace sonde::dns {
namespace {

constexpr std::size_t kControlBytes = 512;

std::int64_t ns_of(const timespec &time)
{
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

std::optional<std::int64_t> stamp_of(const cmsghdr *control)
{
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPING ||
        control->cmsg_len < CMSG_LEN(sizeof(scm_timestamping)))
        return std::nullopt;
    scm_timestamping stamps;
    std::memcpy(&stamps, CMSG_DATA(control), sizeof stamps);
    const std::int64_t ns = ns_of(stamps.ts[0]); // software
    return ns == 0 ? std::nullopt : std::optional(ns);
}

struct Reported {
    sock_extended_err error;
    sonde_ip from;
};

std::optional<Reported> report_of(const cmsghdr *control)
{
    const bool v4 = control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR;
    const bool v6 = control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR;
    if ((!v4 && !v6) || control->cmsg_len < CMSG_LEN(sizeof(sock_extended_err)))
        return std::nullopt;
    Reported reported = {};
    std::memcpy(&reported.error, CMSG_DATA(control), sizeof reported.error);
    // Behind it lies the address of whoever sent the ICMP message.
    const std::size_t offender = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (control->cmsg_len >= CMSG_LEN(sizeof(sock_extended_err) + offender))
        reported.from = plugin::endpoint_of(CMSG_DATA(control) + sizeof(sock_extended_err)).ip;
    return reported;
}

QueuedEvent event_in(const std::optional<Reported> &reported, std::optional<std::int64_t> stamp)
{
    if (!reported)
        return std::monostate{};
    const sock_extended_err &error = reported->error;
    switch (error.ee_origin) {
    case SO_EE_ORIGIN_TIMESTAMPING:
        if (!stamp || (error.ee_info != SCM_TSTAMP_SND && error.ee_info != SCM_TSTAMP_SCHED))
            return std::monostate{};
        return SendStamp{error.ee_info == SCM_TSTAMP_SND, *stamp};
    case SO_EE_ORIGIN_ICMP:
    case SO_EE_ORIGIN_ICMP6:
        return IcmpError{reported->from, error.ee_type, error.ee_code, false, static_cast<int>(error.ee_errno)};
    case SO_EE_ORIGIN_LOCAL:
        return IcmpError{{}, 0, 0, true, static_cast<int>(error.ee_errno)};
    default:
        return std::monostate{};
    }
}

} // namespace

bool enable_stamps(int fd, std::uint32_t family, SendStamps stamps)
{
    int flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE;
    if (stamps != SendStamps::of_many_at_driver)
        flags |= SOF_TIMESTAMPING_TX_SCHED;
    if (stamps == SendStamps::of_one)
        flags |= SOF_TIMESTAMPING_OPT_TSONLY;
    const int on = 1;
    const bool stamped = setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0;
    const int errors = family == 4 ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on)
                                   : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    return stamped && errors == 0;
}

std::optional<QueuedEvent> read_error_queue(int fd)
{
    std::uint8_t payload[64];
    alignas(cmsghdr) std::uint8_t control[kControlBytes];
    iovec vector = {payload, sizeof payload};
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return std::nullopt;
    return event_of(message);
}

QueuedEvent event_of(const msghdr &message)
{
    std::optional<Reported> reported;
    std::optional<std::int64_t> stamp;
    for (cmsghdr *c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(const_cast<msghdr *>(&message), c)) {
        if (const auto found = stamp_of(c))
            stamp = found;
        if (const auto found = report_of(c))
            reported = found;
    }
    return event_in(reported, stamp);
}

std::optional<Datagram> read_datagram(int fd, std::span<std::uint8_t> buffer)
{
    sockaddr_storage from = {};
    alignas(cmsghdr) std::uint8_t control[kControlBytes];
    iovec vector = {buffer.data(), buffer.size()};
    msghdr message = {};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT);
    // A pending ICMP error is told here once as well; the error queue has it with its sender.
    if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        size = recvmsg(fd, &message, MSG_DONTWAIT);
    if (size < 0)
        return std::nullopt;
    return datagram_of(message, static_cast<std::size_t>(size));
}

Datagram datagram_of(const msghdr &message, std::size_t size)
{
    Datagram datagram;
    datagram.from = plugin::endpoint_of(message.msg_name);
    datagram.size = size;
    datagram.cut = (message.msg_flags & MSG_TRUNC) != 0;
    for (cmsghdr *c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(const_cast<msghdr *>(&message), c)) {
        if (const auto found = stamp_of(c))
            datagram.received = found;
    }
    return datagram;
}

std::uint32_t packets_dropped(int fd)
{
    std::uint32_t figures[SK_MEMINFO_VARS] = {};
    socklen_t length = sizeof figures;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, figures, &length) != 0)
        return 0;
    return figures[SK_MEMINFO_DROPS];
}

} // namespace sonde::dns
