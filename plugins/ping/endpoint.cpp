#include "endpoint.hpp"

#include "filter.hpp"

#include <sonde/address.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>

namespace sonde::ping {

namespace {

// An error quotes at most what fits IPv6's minimum MTU (RFC 4443 section 2.4); replies are as long as requests.
constexpr std::size_t kErrorBytesMax = 1280;
constexpr std::size_t kHeader4Max = 60;
// Headers of the link and of IP, ours, and the token: what follows of a looped packet is of no interest.
constexpr std::size_t kLoopedBytes = 256;

void set(int fd, int level, int option, int value, const char *what)
{
    if (setsockopt(fd, level, option, &value, sizeof value) != 0)
        throw sonde::plugin::Failure{kNoSocket, std::string(what) + ": " + strerror(errno)};
}

void set_filter(int fd, std::vector<sock_filter> code)
{
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        throw sonde::plugin::Failure{kNoSocket, std::string("SO_ATTACH_FILTER: ") + strerror(errno)};
}

void pass_answers(int fd)
{
    icmp6_filter types;
    ICMP6_FILTER_SETBLOCKALL(&types);
    for (const int type :
         {ICMP6_DST_UNREACH, ICMP6_PACKET_TOO_BIG, ICMP6_TIME_EXCEEDED, ICMP6_PARAM_PROB, ICMP6_ECHO_REPLY})
        ICMP6_FILTER_SETPASS(type, &types);
    if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types) != 0)
        throw sonde::plugin::Failure{kNoSocket, std::string("ICMP6_FILTER: ") + strerror(errno)};
}

void set_sending(int fd, std::uint32_t family, const Settings &settings)
{
    if (family == 4) {
        set(fd, IPPROTO_IP, IP_TOS, settings.dscp << 2, "IP_TOS");
        set(fd, IPPROTO_IP, IP_TTL, settings.ttl, "IP_TTL");
    } else {
        set(fd, IPPROTO_IPV6, IPV6_TCLASS, settings.dscp << 2, "IPV6_TCLASS");
        set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, settings.ttl, "IPV6_UNICAST_HOPS");
        // RFC 8912 section 9.2.2: a flow label of 0. The kernel would make one up, another after each boot.
        set(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0, "IPV6_AUTOFLOWLABEL");
    }
    // PROBE: each packet asks the path anew. DO would believe what an earlier one was told, and send nothing.
    if (settings.dont_fragment && family == 4)
        set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, "IP_MTU_DISCOVER");
    if (settings.dont_fragment && family == 6) {
        set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE, "IPV6_MTU_DISCOVER");
        set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1, "IPV6_DONTFRAG");
    }
}

void set_receiving(int fd, std::uint32_t family)
{
    if (family == 4) {
        set(fd, IPPROTO_IP, IP_RECVFRAGSIZE, 1, "IP_RECVFRAGSIZE");
        return;
    }
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    set(fd, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 1, "IPV6_RECVFRAGSIZE");
    pass_answers(fd);
    // At this level the kernel allows it to an ICMPv6 socket (RFC 3542 does not at IPPROTO_IPV6).
    set(fd, SOL_RAW, IPV6_CHECKSUM, -1, "IPV6_CHECKSUM");
}

void set_stamps(int fd, unsigned which)
{
    // No SOF_TIMESTAMPING_OPT_ID: its counter does not advance when routing fails but does when a firewall drops, so it
    // loses step. The looped packet itself says which one it is.
    set(fd, SOL_SOCKET, SO_TIMESTAMPING, static_cast<int>(which | SOF_TIMESTAMPING_SOFTWARE), "SO_TIMESTAMPING");
}

// What has been sent waits in our own queues, and for the peer's processor on a virtual link, whose queues overflow at
// 1000. So no more than this much waits at any time; more is sent as they empty.
void bound_queue(int fd, std::size_t packet_bytes)
{
    constexpr std::size_t kPackets = 128, kOverhead = 768;
    // The kernel doubles the value, and lets a raw socket use twice of that.
    const std::size_t bytes = kPackets * (kOverhead + packet_bytes) / 4;
    set(fd, SOL_SOCKET, SO_SNDBUF, static_cast<int>(std::max(bytes, 2 * packet_bytes)), "SO_SNDBUF");
}

std::uint32_t buffer_of(int fd, int option)
{
    int bytes = 0;
    socklen_t length = sizeof bytes;
    getsockopt(fd, SOL_SOCKET, option, &bytes, &length);
    return static_cast<std::uint32_t>(bytes);
}

std::int64_t to_ns(const timespec &time)
{
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

sonde_ip ip6(const in6_addr &address)
{
    sonde_ip ip{};
    ip.family = 6;
    std::memcpy(ip.bytes, &address, sizeof address);
    return ip;
}

// What a message's control data says.
struct Control {
    std::optional<std::int64_t> stamp;
    std::optional<int> ttl;
    std::optional<sonde_ip> to;                // over IPv6: our address
    std::optional<std::size_t> fragment_bytes; // of the largest, IP header included, if it came in fragments
    std::optional<Stamp> which;
};

Control read_control(msghdr &header)
{
    Control found;
    for (cmsghdr *c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING &&
            c->cmsg_len >= CMSG_LEN(sizeof(scm_timestamping))) {
            scm_timestamping stamps;
            std::memcpy(&stamps, CMSG_DATA(c), sizeof stamps);
            if (stamps.ts[0].tv_sec != 0)
                found.stamp = to_ns(stamps.ts[0]);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) {
            int value;
            std::memcpy(&value, CMSG_DATA(c), sizeof value);
            found.ttl = value;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(c), sizeof info);
            found.to = ip6(info.ipi6_addr);
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVFRAGSIZE) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVFRAGSIZE)) {
            int value;
            std::memcpy(&value, CMSG_DATA(c), sizeof value);
            found.fragment_bytes = static_cast<std::size_t>(value);
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
            sock_extended_err error;
            std::memcpy(&error, CMSG_DATA(c), sizeof error);
            if (error.ee_errno == ENOMSG && error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
                if (error.ee_info == SCM_TSTAMP_SCHED)
                    found.which = Stamp::queue;
                else if (error.ee_info == SCM_TSTAMP_SND)
                    found.which = Stamp::driver;
            }
        }
    }
    return found;
}

} // namespace

Endpoint::Slots::Slots(std::size_t count, std::size_t slot_bytes)
    : data(count * slot_bytes), names(count), controls(count), vectors(count), headers(count), bytes(slot_bytes)
{
    rewind();
}

void Endpoint::Slots::rewind()
{
    for (std::size_t i = 0; i < headers.size(); ++i) {
        vectors[i] = {data.data() + i * bytes, bytes};
        msghdr &header = headers[i].msg_hdr;
        header = {};
        header.msg_name = &names[i];
        header.msg_namelen = sizeof names[i];
        header.msg_iov = &vectors[i];
        header.msg_iovlen = 1;
        header.msg_control = controls[i].data();
        header.msg_controllen = controls[i].size();
    }
}

std::span<const std::uint8_t> Endpoint::Slots::content(std::size_t i) const
{
    return {data.data() + i * bytes, std::min<std::size_t>(headers[i].msg_len, bytes)};
}

Endpoint::Endpoint(const sonde_host &host, std::uint32_t family, const Format &format, const Settings &settings)
    : family_(family), format_(format), packet_bytes_(kHeaderBytes + format.payload.size()),
      line_size_(host, family, packet_bytes_, settings.dont_fragment), out_(kBatch, packet_bytes_),
      in_(kBatch, std::max(packet_bytes_ + kHeader4Max, kErrorBytesMax)), stamps_(kBatch, kLoopedBytes)
{
    std::array<std::int32_t, 2> fds{-1, -1};
    if (const std::int32_t error = host.socket(&host, SONDE_SOCKET_ICMP, family, fds.size(), fds.data()); error != 0)
        throw sonde::plugin::Failure{kNoSocket, std::string("no ICMP socket for IPv") + (family == 4 ? "4" : "6") +
                                                    (error == EADDRNOTAVAIL ? " with that source: " : ": ") +
                                                    strerror(error)};
    sender_.reset(fds[0]);
    receiver_.reset(fds[1]);
    set_filter(sender_.get(), filter_none());
    set_stamps(sender_.get(), SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE);
    set_sending(sender_.get(), family, settings);
    bound_queue(sender_.get(), packet_bytes_);
    set_filter(receiver_.get(), family == 4 ? filter_v4(format.id) : filter_v6(format.id));
    // What came before its filter answers others.
    for (char byte; recv(receiver_.get(), &byte, sizeof byte, MSG_DONTWAIT) >= 0;)
        continue;
    set_stamps(receiver_.get(), SOF_TIMESTAMPING_RX_SOFTWARE);
    set_receiving(receiver_.get(), family);
}

std::size_t Endpoint::send(std::span<const Request> requests, const std::function<void(std::size_t, int)> &done)
{
    const std::size_t count = std::min(requests.size(), kBatch);
    for (std::size_t i = 0; i < count; ++i) {
        build_request(format_, family_, requests[i].number, {out_.data.data() + i * packet_bytes_, packet_bytes_});
        const plugin::SocketAddress to = plugin::socket_address(requests[i].to, 0);
        out_.names[i] = to.storage;
        msghdr &header = out_.headers[i].msg_hdr;
        header.msg_namelen = to.length;
        header.msg_control = nullptr;
        header.msg_controllen = 0;
    }
    std::size_t at = 0;
    while (at < count) {
        const int taken = sendmmsg(sender_.get(), &out_.headers[at], static_cast<unsigned>(count - at), MSG_DONTWAIT);
        if (taken > 0) {
            for (int i = 0; i < taken; ++i)
                done(at++, 0);
            continue;
        }
        if (errno == EINTR)
            continue;
        // ENOBUFS is what a raw socket says when its send buffer is full; EAGAIN stands for a lock that was held.
        if (errno == EAGAIN || errno == ENOBUFS)
            break;
        done(at++, errno);
    }
    return at;
}

bool Endpoint::receive(std::vector<Received> &received, std::uint64_t &bytes)
{
    in_.rewind();
    const int count = recvmmsg(receiver_.get(), in_.headers.data(), kBatch, MSG_DONTWAIT | MSG_TRUNC, nullptr);
    for (int i = 0; i < count; ++i) {
        msghdr &header = in_.headers[i].msg_hdr;
        const Control control = read_control(header);
        const bool cut = (header.msg_flags & MSG_TRUNC) != 0;
        std::optional<Arrival> arrival;
        if (family_ == 4) {
            arrival = parse_v4(format_, in_.content(i), cut);
        } else {
            const Route6 route{ip6(in_.names[i].sin6_addr), control.to, control.ttl};
            arrival = parse_v6(format_, in_.content(i), cut, route);
        }
        const std::size_t ip_header = family_ == 4 ? 20 : 0; // a raw IPv4 socket hands it over as well
        bytes += line_bytes(family_, in_.headers[i].msg_len - ip_header, control.fragment_bytes);
        if (arrival)
            received.push_back({*arrival, control.stamp});
    }
    return count == static_cast<int>(kBatch);
}

void Endpoint::drain_stamps(const std::function<void(const Looped &, Stamp, std::int64_t)> &stamped)
{
    for (int count = kBatch; count == static_cast<int>(kBatch);) {
        stamps_.rewind();
        count = recvmmsg(sender_.get(), stamps_.headers.data(), kBatch, MSG_DONTWAIT | MSG_ERRQUEUE, nullptr);
        for (int i = 0; i < count; ++i) {
            const Control control = read_control(stamps_.headers[i].msg_hdr);
            if (!control.stamp || !control.which)
                continue;
            if (const auto looped = find_request(format_, stamps_.content(i)))
                stamped(*looped, *control.which, *control.stamp);
        }
    }
}

std::uint32_t Endpoint::receive_buffer() const
{
    return buffer_of(receiver_.get(), SO_RCVBUF);
}

std::uint32_t Endpoint::send_buffer() const
{
    return buffer_of(sender_.get(), SO_SNDBUF);
}

std::uint32_t Endpoint::drops() const
{
    std::uint32_t memory[SK_MEMINFO_VARS] = {};
    socklen_t length = sizeof memory;
    if (getsockopt(receiver_.get(), SOL_SOCKET, SO_MEMINFO, memory, &length) != 0)
        return 0;
    return memory[SK_MEMINFO_DROPS];
}

} // namespace sonde::ping
