#include "route.hpp"

#include <sonde/address.hpp>

#include <algorithm>

#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::dns {
namespace {

constexpr std::size_t kUdpHeader = 8, kFragmentHeader = 8;

} // namespace

Route route_to(const sonde_host &host, const sonde_ip &ip)
{
    Route route;
    route.looked_up = host.now(&host, SONDE_CLOCK_MONOTONIC);
    std::int32_t fd = -1;
    if (host.socket(&host, SONDE_SOCKET_UDP, ip.family, 1, &fd) != 0)
        return route;
    const plugin::Fd owned(fd);
    const plugin::SocketAddress there = plugin::socket_address(ip, 53);
    if (connect(fd, there.get(), there.length) != 0)
        return route;
    route.source = plugin::local_endpoint(fd).ip;
    int mtu = 0;
    socklen_t length = sizeof mtu;
    const int known = ip.family == 4 ? getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &length)
                                     : getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &length);
    if (known == 0 && mtu > 0)
        route.mtu = static_cast<std::size_t>(mtu);
    return route;
}

std::uint64_t datagram_bytes(std::uint32_t family, std::size_t payload, std::optional<std::size_t> mtu)
{
    const std::size_t ip = family == 4 ? 20 : 40, message = payload + kUdpHeader;
    const std::size_t headers = ip + (family == 4 ? 0 : kFragmentHeader);
    if (!mtu || ip + message <= *mtu || *mtu < headers + 8)
        return ip + message;
    const std::size_t each = (*mtu - headers) & ~std::size_t{7}; // offsets count in eights
    return message + (message + each - 1) / each * headers;
}

std::uint64_t error_bytes(std::uint32_t family, std::uint64_t sent)
{
    constexpr std::uint64_t kMost4 = 576, kMost6 = 1280; // RFC 1812 section 4.3.2.3, RFC 4443 section 2.4
    return family == 4 ? std::min(sent + 28, kMost4) : std::min(sent + 48, kMost6);
}

} // namespace sonde::dns
