#include "programs/checker/peer.hpp"

#include "frames/socket.hpp"
#include "programs/checker/manners.hpp"
#include "programs/checker/net_space.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <netinet/in.h>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace sonde::checker {

namespace {

using frames::Descriptor;

constexpr int kPortTriesMax = 20;
constexpr int kQueueMax = 64; // of connections that are not accepted yet

// What the peers have been asked. Lies in memory that they share with the process that judges.
std::atomic<std::uint64_t> &requests()
{
    static void *const memory =
        ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    return *static_cast<std::atomic<std::uint64_t> *>(memory);
}

// The sockets of one address family; a family that is not here has none.
struct Listeners {
    Descriptor tcp;
    Descriptor udp;
    Descriptor queued; // of a peer that is deaf: the connection that fills its queue
};

Descriptor bound(int family, int type, std::uint16_t &port, int queue_max)
{
    Descriptor socket(::socket(family, type | SOCK_CLOEXEC, 0));
    const int one = 1;
    bool ok = false;
    if (family == AF_INET) {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        ok = ::bind(socket.get(), reinterpret_cast<sockaddr *>(&address), size) == 0 &&
             ::getsockname(socket.get(), reinterpret_cast<sockaddr *>(&address), &size) == 0;
        port = ntohs(address.sin_port);
    } else {
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_addr = in6addr_loopback;
        address.sin6_port = htons(port);
        ok = ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0 &&
             ::bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
    }
    if (ok && type == SOCK_STREAM)
        ok = ::listen(socket.get(), queue_max) == 0;
    return ok ? std::move(socket) : Descriptor();
}

// A client of the listener. Not waited for: whoever drops packets here leaves the peer as deaf as its queue would.
Descriptor connect_to(int listener)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr *>(&address), &size);
    Descriptor socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(socket.get(), reinterpret_cast<sockaddr *>(&address), size);
    return socket;
}

// A family's sockets at a port, which is drawn if it is 0.
Listeners listen_at(int family, std::uint16_t &port, Manners manners)
{
    Listeners listeners;
    // A queue of length 0 takes one connection; then the kernel drops every SYN.
    listeners.tcp = bound(family, SOCK_STREAM, port, manners == Manners::deaf ? 0 : kQueueMax);
    listeners.udp = bound(family, SOCK_DGRAM, port, 0);
    if (manners == Manners::deaf && listeners.tcp)
        listeners.queued = connect_to(listeners.tcp.get());
    return listeners;
}

void send_all(int socket, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// What was asked: all of it for HTTP, else the first bytes.
std::string read_request(int socket)
{
    std::string request;
    char buffer[8192];
    do {
        const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
        if (got <= 0)
            break;
        request.append(buffer, static_cast<std::size_t>(got));
    } while (request.find(" HTTP/1.") != request.npos && request.find("\r\n\r\n") == request.npos);
    return request;
}

void serve_connection(Descriptor socket, Manners manners, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    const std::string zeros(65536, '\0');
    while (true) {
        const std::string request = manners == Manners::closing ? "" : read_request(socket.get());
        if (request.empty() && manners != Manners::closing)
            return;
        const Reply reply = answer_stream(manners, request, random);
        send_all(socket.get(), reply.text);
        while (reply.more && ::send(socket.get(), zeros.data(), zeros.size(), MSG_NOSIGNAL) > 0) {
        }
        if (reply.reset) {
            const linger now{1, 0};
            ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        }
        if (reply.close || reply.more)
            return;
    }
}

void serve_datagrams(int socket, Manners manners, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::vector<char> buffer(65536);
    while (true) {
        sockaddr_storage from{};
        socklen_t length = sizeof from;
        const ssize_t got =
            ::recvfrom(socket, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr *>(&from), &length);
        if (got < 0)
            continue; // an ICMP error of somebody who has gone
        ++requests();
        const std::string datagram(buffer.data(), static_cast<std::size_t>(got));
        for (const std::string &answer : answer_datagram(manners, datagram, random))
            (void)::sendto(socket, answer.data(), answer.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr *>(&from),
                           length);
    }
}

void accept_all(int socket, Manners manners, std::atomic<std::uint64_t> &seed)
{
    while (true) {
        Descriptor connection(::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection)
            continue;
        ++requests();
        std::thread(serve_connection, std::move(connection), manners, seed++).detach();
    }
}

[[noreturn]] void serve(std::vector<Listeners> listeners, Manners manners, std::uint64_t first_seed)
{
    std::atomic<std::uint64_t> seed(first_seed);
    for (Listeners &family : listeners) {
        if (manners == Manners::closing)
            family.udp.reset();
        if (family.udp)
            std::thread(serve_datagrams, family.udp.get(), manners, seed++).detach();
        if (family.tcp && manners != Manners::deaf)
            std::thread(accept_all, family.tcp.get(), manners, std::ref(seed)).detach();
    }
    while (true)
        ::pause();
}

} // namespace

Result<Peer> Peer::start(Manners manners, std::uint64_t seed)
{
    for (int i = 0; i < kPortTriesMax; ++i) {
        std::uint16_t port = 0;
        std::vector<Listeners> listeners;
        listeners.push_back(listen_at(AF_INET, port, manners));
        if (!listeners[0].tcp || !listeners[0].udp)
            continue; // somebody else has that UDP port
        listeners.push_back(listen_at(AF_INET6, port, manners));
        (void)requests(); // before the fork, or each process would have memory of its own
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0)
            break;
        if (pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() != parent)
                ::_exit(1);
            serve(std::move(listeners), manners, seed);
        }
        return Peer(port, pid);
    }
    return Error{"", std::string("no peer can be had: ") + std::strerror(errno), ""};
}

std::uint64_t Peer::asked()
{
    return requests() + unheard_packets();
}

Peer::~Peer()
{
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

} // namespace sonde::checker
