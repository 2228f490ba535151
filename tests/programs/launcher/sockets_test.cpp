#include "launcher_process.hpp"

#include "frames/privileges.hpp"

#include "support/skip.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::test;

namespace {

// A launcher with a runner to open sockets for.
struct Opener {
    LauncherProcess launcher;
    LauncherProcess::StartedRunner runner = launcher.start(1, fixture("rows"), frames::kPrivileges);

    std::vector<frames::Descriptor> open(frames::OpenSockets request)
    {
        request.request = 9;
        request.runner = 1;
        launcher.wire.send(request);
        auto incoming = launcher.wire.next();
        REQUIRE(incoming);
        if (const auto *error = std::get_if<frames::LauncherError>(&incoming->message)) {
            error_ = *error;
            return {};
        }
        CHECK(std::get<frames::SocketsOpened>(incoming->message).request == 9);
        return std::move(incoming->descriptors);
    }

    frames::LauncherError error_;
};

int option(const frames::Descriptor &socket, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket.get(), level, name, &value, &size) == 0);
    return value;
}

template <class Address>
Address local(const frames::Descriptor &socket)
{
    Address address{};
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr *>(&address), &size) == 0);
    return address;
}

const frames::Ip kLoopback4{4, {127, 0, 0, 1}, 0};
const frames::Ip kLoopback6{6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0};

} // namespace

TEST_CASE("UDP sockets come non-blocking, each with a random port of its own")
{
    Opener opener;
    const auto sockets = opener.open({0, 0, frames::SocketKind::udp, 4, 64, "", {}});
    REQUIRE(sockets.size() == 64);
    std::set<in_port_t> ports;
    for (const auto &socket : sockets) {
        CHECK((::fcntl(socket.get(), F_GETFL) & O_NONBLOCK) != 0);
        ports.insert(local<sockaddr_in>(socket).sin_port);
    }
    CHECK(ports.size() == 64);
    CHECK_FALSE(ports.contains(0));
    CHECK_FALSE(std::is_sorted(sockets.begin(), sockets.end(), [](const auto &a, const auto &b) {
        return ntohs(local<sockaddr_in>(a).sin_port) < ntohs(local<sockaddr_in>(b).sin_port);
    }));
}

TEST_CASE("sockets are bound to the interface and the source of the measurement")
{
    Opener opener;
    const auto udp = opener.open({0, 0, frames::SocketKind::udp, 4, 1, "lo", kLoopback4});
    REQUIRE(udp.size() == 1);
    CHECK(ntohl(local<sockaddr_in>(udp[0]).sin_addr.s_addr) == INADDR_LOOPBACK);
    char name[IFNAMSIZ] = {};
    socklen_t size = sizeof name;
    REQUIRE(::getsockopt(udp[0].get(), SOL_SOCKET, SO_BINDTODEVICE, name, &size) == 0);
    CHECK(std::string(name) == "lo");
    const auto tcp = opener.open({0, 0, frames::SocketKind::tcp, 4, 2, "", kLoopback4});
    REQUIRE(tcp.size() == 2);
    CHECK(ntohl(local<sockaddr_in>(tcp[0]).sin_addr.s_addr) == INADDR_LOOPBACK);
    CHECK(option(tcp[0], SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
    const auto unbound = opener.open({0, 0, frames::SocketKind::tcp, 4, 1, "", {}});
    REQUIRE(unbound.size() == 1);
    CHECK(local<sockaddr_in>(unbound[0]).sin_port == 0);
    if (skipped_without_ipv6())
        return;
    const auto six = opener.open({0, 0, frames::SocketKind::udp, 6, 1, "", kLoopback6});
    REQUIRE(six.size() == 1);
    const auto address = local<sockaddr_in6>(six[0]);
    CHECK(std::equal(kLoopback6.bytes.begin(), kLoopback6.bytes.end(), address.sin6_addr.s6_addr));
    CHECK(option(six[0], IPPROTO_IPV6, IPV6_V6ONLY) == 1);
    CHECK(opener.open({0, 0, frames::SocketKind::tcp, 6, 1, "lo", kLoopback6}).size() == 1);
}

TEST_CASE("a socket to listen on has the port that was asked for, and TCP's takes connections")
{
    Opener opener;
    const auto tcp = opener.open({0, 0, frames::SocketKind::tcp, 4, 1, "", kLoopback4, 0});
    REQUIRE(tcp.size() == 1);
    CHECK(option(tcp[0], SOL_SOCKET, SO_ACCEPTCONN) == 1);
    const std::uint16_t port = ntohs(local<sockaddr_in>(tcp[0]).sin_port);
    CHECK(port != 0);
    CHECK(opener.open({0, 0, frames::SocketKind::tcp, 4, 1, "", kLoopback4, port}).empty());
    CHECK(opener.error_.error == EADDRINUSE);
    CHECK(opener.open({0, 0, frames::SocketKind::tcp, 4, 1, "", kLoopback4, 1023}).empty());
    CHECK(opener.error_.error == EACCES);
    const auto udp = opener.open({0, 0, frames::SocketKind::udp, 4, 1, "lo", {}, port});
    REQUIRE(udp.size() == 1);
    CHECK(ntohs(local<sockaddr_in>(udp[0]).sin_port) == port);
}

TEST_CASE("sockets cannot be had of an interface, an address or a runner that is not there")
{
    Opener opener;
    CHECK(opener.open({0, 0, frames::SocketKind::udp, 4, 1, "no-such-if0", {}}).empty());
    CHECK(opener.error_ == frames::LauncherError{9, ENODEV, "interface no-such-if0: No such device"});
    CHECK(opener.open({0, 0, frames::SocketKind::udp, 4, 1, "", {4, {192, 0, 2, 1}, 0}}).empty());
    CHECK(opener.error_.error == EADDRNOTAVAIL);
    opener.launcher.wire.send(frames::OpenSockets{3, 2, frames::SocketKind::udp, 4, 1, "", {}});
    CHECK(opener.launcher.wire.expect<frames::LauncherError>() == frames::LauncherError{3, ESRCH, "no such runner"});
}

TEST_CASE("a TCP socket's receive buffer is left to grow by itself")
{
    Opener opener;
    const auto given = opener.open({0, 0, frames::SocketKind::tcp, 4, 1, "", {}});
    REQUIRE(given.size() == 1);
    const frames::Descriptor plain(::socket(AF_INET, SOCK_STREAM, 0));
    CHECK(option(given[0], SOL_SOCKET, SO_RCVBUF) == option(plain, SOL_SOCKET, SO_RCVBUF));
}

TEST_CASE("with privilege sockets carry the measurement mark, and all but TCP's a buffer of a mebibyte")
{
    if (skipped_without_privileged_sockets())
        return;
    Opener opener;
    for (const auto kind : {frames::SocketKind::udp, frames::SocketKind::tcp, frames::SocketKind::icmp}) {
        const auto sockets = opener.open({0, 0, kind, 4, 1, "lo", {}});
        REQUIRE(sockets.size() == 1);
        CHECK(option(sockets[0], SOL_SOCKET, SO_MARK) == static_cast<int>(frames::kMeasurementMark));
        CHECK((kind == frames::SocketKind::tcp || option(sockets[0], SOL_SOCKET, SO_RCVBUF) >= 1 << 20));
        // A firewall goes by it.
        struct stat status {};
        REQUIRE(::fstat(sockets[0].get(), &status) == 0);
        CHECK((::geteuid() != 0 || status.st_uid >= 59'000));
    }
}

TEST_CASE("raw sockets are given by who may, and refused with EPERM by who may not")
{
    Opener opener;
    const auto icmp = opener.open({0, 0, frames::SocketKind::icmp, 4, 1, "", {}});
    const auto capture = opener.open({0, 0, frames::SocketKind::capture, 0, 1, "lo", {}});
    if (::geteuid() != 0) {
        CHECK(icmp.empty());
        CHECK(opener.error_.error == EPERM);
        return;
    }
    REQUIRE(icmp.size() == 1);
    CHECK(option(icmp[0], SOL_SOCKET, SO_PROTOCOL) == IPPROTO_ICMP);
    REQUIRE(capture.size() == 1);
    const auto address = local<sockaddr_ll>(capture[0]);
    CHECK(address.sll_family == AF_PACKET);
    CHECK(address.sll_protocol == 0);
    CHECK(address.sll_ifindex == static_cast<int>(::if_nametoindex("lo")));
}
