#include "sockets/create_sockets.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace sonde::sockets {

namespace {

using frames::Descriptor;
using frames::OpenSockets;
using frames::SocketKind;

constexpr int kReceiveBufferBytes = 1 << 20;

Descriptor create(const OpenSockets &request, uid_t owner)
{
    int domain = request.family == 4 ? AF_INET : AF_INET6, type = SOCK_RAW, protocol = 0;
    if (request.kind == SocketKind::udp)
        type = SOCK_DGRAM;
    else if (request.kind == SocketKind::tcp)
        type = SOCK_STREAM;
    else if (request.kind == SocketKind::icmp)
        protocol = request.family == 4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    else
        domain = AF_PACKET; // protocol 0 receives nothing until the method has set its filter and binds again
    // A packet filter's rule by user goes by whose files this process makes when it makes the socket, and not by whom
    // the socket is given to later.
    if (owner != 0)
        ::setfsuid(owner);
    Descriptor socket(::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
    const int error = errno;
    // Only the next call says whether one has done anything.
    const bool owned = owner == 0 || static_cast<uid_t>(::setfsuid(::geteuid())) == owner;
    errno = owned ? error : EPERM;
    return owned ? std::move(socket) : Descriptor();
}

// What is a privilege is done where it is given, and left out where it is not. nullptr, or the step that failed.
const char *set_options(int fd, SocketKind kind)
{
    const std::uint32_t mark = frames::kMeasurementMark;
    if (::setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0 && errno != EPERM)
        return "SO_MARK";
    // A TCP receive buffer that is set grows no more, and its window, not the line, would limit the rate.
    const int bytes = kReceiveBufferBytes;
    if (kind != SocketKind::tcp && ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0 &&
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0)
        return "SO_RCVBUF";
    return nullptr;
}

} // namespace

std::variant<std::vector<Descriptor>, frames::LauncherError> create_sockets(const OpenSockets &request, uid_t owner)
{
    std::vector<Descriptor> sockets;
    for (std::uint32_t i = 0; i < request.count; ++i) {
        sockets.emplace_back(create(request, owner));
        const char *failed = sockets.back() ? set_options(sockets.back().get(), request.kind) : "socket";
        if (failed != nullptr) {
            const int error = errno;
            return frames::LauncherError{request.request, error, std::string(failed) + ": " + std::strerror(error)};
        }
    }
    return sockets;
}

} // namespace sonde::sockets
