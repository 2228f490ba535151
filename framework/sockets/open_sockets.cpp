#include "sockets/open_sockets.hpp"

#include "sockets/counter.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/fsuid.h>
#include <sys/socket.h>

namespace sonde::sockets {

namespace {

using frames::Descriptor;
using frames::OpenSockets;
using frames::SocketKind;

constexpr int kReceiveBufferBytes = 1 << 20;
constexpr int kBacklog = 128;
// Below it are the ports of the system's own services, which whoever asks for a socket could not have by himself.
constexpr std::uint16_t kPortMin = 1024;

// The step that failed, for the error's text; nullptr when none did. errno says why.
using Step = const char *;

// A packet filter's rule by user goes by whose files this process makes when it makes the socket, and not by whom the
// socket is given to later.
class FilesOf {
public:
    explicit FilesOf(uid_t owner) : owner_(owner), before_(owner != 0 ? ::setfsuid(owner) : -1) {}
    ~FilesOf()
    {
        if (before_ >= 0)
            ::setfsuid(static_cast<uid_t>(before_));
    }
    FilesOf(const FilesOf &) = delete;
    FilesOf &operator=(const FilesOf &) = delete;

    // setfsuid(2) does not say whether it did anything.
    bool hold() const { return owner_ == 0 || static_cast<uid_t>(::setfsuid(owner_)) == owner_; }

private:
    uid_t owner_;
    int before_;
};

int create(const OpenSockets &request, uid_t owner)
{
    const FilesOf files(owner);
    if (!files.hold()) {
        errno = EPERM;
        return -1;
    }
    const int domain = request.family == 4 ? AF_INET : AF_INET6;
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    switch (request.kind) {
    case SocketKind::udp:
        return ::socket(domain, SOCK_DGRAM | flags, 0);
    case SocketKind::tcp:
        return ::socket(domain, SOCK_STREAM | flags, 0);
    case SocketKind::icmp:
        return ::socket(domain, SOCK_RAW | flags, request.family == 4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6});
    case SocketKind::capture:
        // Protocol 0 receives nothing until the method has set its filter and binds again.
        return ::socket(AF_PACKET, SOCK_RAW | flags, 0);
    }
    errno = EINVAL;
    return -1;
}

// What is a privilege is done where it is given, and left out where it is not.
Step set_options(int fd, const OpenSockets &request)
{
    const std::uint32_t mark = frames::kMeasurementMark;
    if (::setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0 && errno != EPERM)
        return "SO_MARK";
    // A TCP receive buffer that is set grows no more, and its window, not the line, would limit the rate.
    const int bytes = kReceiveBufferBytes;
    if (request.kind != SocketKind::tcp && ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0 &&
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0)
        return "SO_RCVBUF";
    const int one = 1;
    if (request.family == 6 && request.kind != SocketKind::icmp &&
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0)
        return "IPV6_V6ONLY";
    return nullptr;
}

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
    if (Step failed = set_options(fd, request))
        return failed;
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

std::variant<std::vector<Descriptor>, frames::LauncherError> open_sockets(const OpenSockets &request, uid_t owner)
{
    const auto failed = [&](const std::string &step, int error) {
        return frames::LauncherError{request.request, error, step + ": " + std::strerror(error)};
    };
    unsigned interface = 0;
    if (!request.interface.empty()) {
        interface = ::if_nametoindex(request.interface.c_str());
        if (interface == 0)
            return failed("interface " + request.interface, errno);
    }
    std::vector<Descriptor> sockets;
    for (std::uint32_t i = 0; i < request.count; ++i) {
        Descriptor fd(create(request, owner));
        if (!fd)
            return failed("socket", errno);
        if (Step step = prepare(fd.get(), request, interface))
            return failed(step, errno);
        sockets.push_back(std::move(fd));
    }
    if (request.counter) {
        auto attached = attach_counter(sockets.front().get(), *request.counter);
        if (const auto *none = std::get_if<NoCounter>(&attached))
            return frames::LauncherError{request.request, none->error, none->text};
        sockets.push_back(std::move(std::get<Descriptor>(attached)));
    }
    return sockets;
}

} // namespace sonde::sockets
