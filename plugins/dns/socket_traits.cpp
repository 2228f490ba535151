#include "socket_traits.hpp"

#include <cstring>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::dns {
namespace {

std::optional<int> buffer_of(int fd, int option)
{
    int bytes = 0;
    socklen_t length = sizeof bytes;
    if (getsockopt(fd, SOL_SOCKET, option, &bytes, &length) != 0)
        return std::nullopt;
    return bytes;
}

} // namespace

SocketTraits traits_of(int fd)
{
    SocketTraits traits;
    traits.send_buffer = buffer_of(fd, SO_SNDBUF);
    traits.receive_buffer = buffer_of(fd, SO_RCVBUF);
    char name[16] = {}; // as the kernel's TCP_CA_NAME_MAX
    socklen_t length = sizeof name;
    if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length) == 0)
        traits.congestion_control.assign(name, strnlen(name, sizeof name));
    return traits;
}

} // namespace sonde::dns
