#include "sockets/prepare_sockets.hpp"

#include "sockets/counter.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::sockets {

namespace {

using frames::Descriptor;
using frames::OpenSockets;
using frames::SocketKind;

constexpr int kBacklog = 128;
// Below it are the ports of the system's own services, which whoever asks for a socket could not have by himself.
constexpr std::uint16_t kPortMin = 1024;

// The step that failed, for the error's text; nullptr when none did. errno says why.
using Step = const char *;

Step bind_capture(int fd, unsigned interface)
{
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(interface);
    return ::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 ? nullptr : "bind";
}

// A TCP socket's port: drawn when it connects, so that many may share one source address; or one that connections come
// to, also while some of an earlier run's fade away.
Step set_port_options(int fd, const OpenSockets &request)
{
    const int one = 1;
    if (request.kind != SocketKind::tcp)
        return nullptr;
    if (request.listen_port)
        return ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 ? nullptr : "SO_REUSEADDR";
    return ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) == 0 ? nullptr
                                                                                        : "IP_BIND_ADDRESS_NO_PORT";
}

Step bind_source(int fd, const OpenSockets &request, unsigned interface)
{
    // An unbound UDP socket would get its port only when it sends: a method that asks for its port before then, or only
    // receives, would have none. The kernel draws it.
    if (request.source.family == 0 && request.kind != SocketKind::udp && !request.listen_port)
        return nullptr;
    if (Step failed = set_port_options(fd, request))
        return failed;
    const in_port_t port = htons(request.listen_port.value_or(0));
    if (request.family == 4) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = port;
        std::memcpy(&address.sin_addr, request.source.bytes.data(), sizeof address.sin_addr);
        return ::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 ? nullptr : "bind";
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = port;
    std::memcpy(&address.sin6_addr, request.source.bytes.data(), sizeof address.sin6_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr))
        address.sin6_scope_id = request.source.interface != 0 ? request.source.interface : interface;
    return ::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 ? nullptr : "bind";
}

Step prepare(int fd, const OpenSockets &request, unsigned interface)
{
    if (request.listen_port && *request.listen_port != 0 && *request.listen_port < kPortMin) {
        errno = EACCES;
        return "a port below 1024";
    }
    const int one = 1;
    if (request.family == 6 && request.kind != SocketKind::icmp &&
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0)
        return "IPV6_V6ONLY";
    if (request.kind == SocketKind::capture)
        return bind_capture(fd, interface);
    if (interface != 0 && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, request.interface.c_str(),
                                       static_cast<socklen_t>(request.interface.size())) != 0)
        return "SO_BINDTODEVICE";
    if (Step failed = bind_source(fd, request, interface))
        return failed;
    const bool listens = request.kind == SocketKind::tcp && request.listen_port;
    return listens && ::listen(fd, kBacklog) != 0 ? "listen" : nullptr;
}

} // namespace

std::optional<frames::LauncherError> prepare_sockets(std::vector<Descriptor> &sockets, const OpenSockets &request)
{
    const auto failed = [&](const std::string &step) {
        const int error = errno;
        return frames::LauncherError{request.request, error, step + ": " + std::strerror(error)};
    };
    unsigned interface = 0;
    if (!request.interface.empty()) {
        interface = ::if_nametoindex(request.interface.c_str());
        if (interface == 0)
            return failed("interface " + request.interface);
    }
    for (const Descriptor &socket : sockets)
        if (Step step = prepare(socket.get(), request, interface))
            return failed(step);
    if (!request.counter)
        return std::nullopt;
    auto attached = attach_counter(sockets.front().get(), *request.counter);
    if (const auto *none = std::get_if<NoCounter>(&attached))
        return frames::LauncherError{request.request, none->error, none->text};
    sockets.push_back(std::move(std::get<Descriptor>(attached)));
    return std::nullopt;
}

} // namespace sonde::sockets
