#include "capture_socket.hpp"

#include "failing.hpp"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <sys/socket.h>

namespace sonde::passive_syn {

sonde::plugin::Failure failure(std::int32_t code, const std::string &what)
{
    return {code, what + ": " + strerror(errno)};
}

sonde::plugin::Fd open_capture(const sonde_host &host)
{
    std::int32_t fd = -1;
    if (const std::int32_t error = host.socket(&host, SONDE_SOCKET_CAPTURE, 0, 1, &fd); error != 0)
        throw sonde::plugin::Failure{kNoSocket, std::string("no capture socket: ") + strerror(error)};
    return sonde::plugin::Fd(fd);
}

std::uint32_t mark_of(int fd)
{
    std::uint32_t mark = 0;
    socklen_t length = sizeof mark;
    return getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &length) == 0 ? mark : 0;
}

Link link_of(std::uint16_t type)
{
    switch (type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
        return Link::ethernet;
    case ARPHRD_NONE:
    case ARPHRD_PPP:
    case ARPHRD_RAWIP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
        return Link::bare;
    default:
        throw sonde::plugin::Failure{kNoRing,
                                     "this type of interface is not understood: ARPHRD " + std::to_string(type)};
    }
}

void bind_to_all(int fd, const LinkInfo &interface)
{
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_protocol = htons(ETH_P_ALL); // any other protocol shows nothing of what goes out
    to.sll_ifindex = interface.index;
    if (bind(fd, reinterpret_cast<const sockaddr *>(&to), sizeof to) != 0)
        throw failure(errno == ENODEV ? kInterfaceGone : kNoRing, "bind to the interface");
}

void clear_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
}

} // namespace sonde::passive_syn
