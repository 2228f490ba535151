#include "line_size.hpp"

#include <sonde/address.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::ping {

namespace {

// The kernel takes no path for narrower than that, whoever says so.
constexpr std::size_t kNarrowest4 = 552, kNarrowest6 = 1280;
constexpr std::size_t kFragmentHeader = 8; // IPv6's

std::size_t header_of(std::uint32_t family)
{
    return family == 4 ? 20 : 40;
}

} // namespace

std::uint32_t line_bytes(std::uint32_t family, std::size_t message_bytes, std::optional<std::size_t> fragment_bytes)
{
    const std::size_t whole = header_of(family) + message_bytes;
    const std::size_t headers = header_of(family) + (family == 6 ? kFragmentHeader : 0);
    if (!fragment_bytes || *fragment_bytes < headers + 8)
        return static_cast<std::uint32_t>(whole);
    const std::size_t each = (*fragment_bytes - headers) & ~std::size_t{7}; // offsets count in eights
    const std::size_t fragments = (message_bytes + each - 1) / each;
    return static_cast<std::uint32_t>(message_bytes + fragments * headers);
}

LineSize::LineSize(const sonde_host &host, std::uint32_t family, std::size_t message_bytes, bool dont_fragment)
    : family_(family), message_bytes_(message_bytes)
{
    std::int32_t fd = -1;
    if (dont_fragment || header_of(family) + message_bytes <= (family == 4 ? kNarrowest4 : kNarrowest6))
        return;
    if (host.socket(&host, SONDE_SOCKET_UDP, family, 1, &fd) == 0)
        route_.reset(fd);
}

std::uint32_t LineSize::to(const sonde_ip &address) const
{
    int mtu = 0;
    socklen_t length = sizeof mtu;
    const plugin::SocketAddress there = plugin::socket_address(address, 9); // nothing is sent
    const bool known = route_ && connect(route_.get(), there.get(), there.length) == 0 &&
                       (family_ == 4 ? getsockopt(route_.get(), IPPROTO_IP, IP_MTU, &mtu, &length)
                                     : getsockopt(route_.get(), IPPROTO_IPV6, IPV6_MTU, &mtu, &length)) == 0;
    const bool cut = known && header_of(family_) + message_bytes_ > static_cast<std::size_t>(mtu);
    return line_bytes(family_, message_bytes_, cut ? std::optional(static_cast<std::size_t>(mtu)) : std::nullopt);
}

} // namespace sonde::ping
