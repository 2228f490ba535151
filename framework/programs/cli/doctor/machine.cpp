#include "programs/cli/doctor/machine.hpp"

#include "frames/socket.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::cli {

using frames::Descriptor;

namespace {

constexpr int kPatienceMs = 1000;

std::string reason()
{
    return std::strerror(errno);
}

// "" if a datagram to itself over the loopback device came with a stamp of the kernel's.
std::string why_no_stamp()
{
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof self;
    const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr *>(&self), size) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr *>(&self), &size) != 0 ||
        ::setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0)
        return reason();
    // Stamping begins a moment after it is asked for.
    for (int tries = 0; tries < 20; ++tries) {
        if (::sendto(socket.get(), "x", 1, 0, reinterpret_cast<const sockaddr *>(&self), size) != 1)
            return reason();
        pollfd wait{socket.get(), POLLIN, 0};
        if (::poll(&wait, 1, kPatienceMs) != 1)
            return "a datagram to itself does not come";
        char byte = 0;
        alignas(cmsghdr) char control[256];
        iovec part{&byte, 1};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        if (::recvmsg(socket.get(), &message, 0) != 1)
            return reason();
        for (const cmsghdr *each = CMSG_FIRSTHDR(&message); each != nullptr;)
            if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_TIMESTAMPING)
                return "";
            else
                each = CMSG_NXTHDR(&message, const_cast<cmsghdr *>(each));
        ::poll(nullptr, 0, 10);
    }
    return "datagrams come without one";
}

} // namespace

Finding finding(std::string check, std::string found, std::string missing, std::string means, std::string mend)
{
    if (missing.empty())
        return {std::move(check), Finding::State::ok, std::move(found), "", ""};
    return {std::move(check), Finding::State::missing, std::move(missing), std::move(means), std::move(mend)};
}

Finding closed(std::string check, const std::string &path, std::string means, std::string mend)
{
    return {std::move(check), Finding::State::unknown, path + ": this user may not look there", std::move(means),
            std::move(mend)};
}

Finding find_kernel()
{
    utsname system{};
    ::uname(&system);
    int major = 0;
    int minor = 0;
    const bool read = std::sscanf(system.release, "%d.%d", &major, &minor) == 2;
    const bool enough = read && (major > 5 || (major == 5 && minor >= 13));
    const std::string version = std::string(system.sysname) + " " + system.release;
    return finding("kernel", version, enough ? "" : version, "parts of a plugin's confinement need Linux 5.13",
                   "a newer kernel");
}

Finding find_network_namespace()
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno);
    int status = -1;
    ::waitpid(child, &status, 0);
    const bool made = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return finding("network namespace", "may be made", made ? "" : std::strerror(WEXITSTATUS(status)),
                   "`sonde check` cannot judge what a plugin sends; agents need none",
                   "run it as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)");
}

Finding find_ipv6()
{
    // Nothing is sent: to connect a UDP socket looks for the route alone.
    const Descriptor socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 anywhere{};
    anywhere.sin6_family = AF_INET6;
    anywhere.sin6_port = htons(9);
    ::inet_pton(AF_INET6, "2000::1", &anywhere.sin6_addr);
    const bool routed =
        socket && ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&anywhere), sizeof anywhere) == 0;
    return finding("ipv6", "there is a route", routed ? "" : reason(), "nothing is measured over IPv6",
                   "an address and a default route of IPv6");
}

Finding find_kernel_timestamps()
{
    return finding("kernel timestamps", "on the loopback device", why_no_stamp(),
                   "round trips are measured less exactly: scheduling is in them",
                   "a kernel that knows SO_TIMESTAMPING");
}

Finding find_synchronised_clock()
{
    timex clock{};
    const int state = ::adjtimex(&clock);
    const bool synchronised = state != TIME_ERROR && state >= 0 && (clock.status & STA_UNSYNC) == 0;
    return finding("clock", "synchronised, within " + std::to_string(clock.maxerror / 1000) + " ms",
                   synchronised ? "" : (state < 0 ? reason() : "not synchronised"),
                   "times of results and schedules are as wrong as this clock",
                   "a time service, such as chrony or systemd-timesyncd");
}

} // namespace sonde::cli
