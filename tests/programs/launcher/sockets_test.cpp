#include "launcher_process.hpp"

#include "frames/privileges.hpp"

#include "sockets/counter.hpp"
#include "support/skip.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <set>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
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

using Instructions = std::vector<frames::Instruction>;

frames::OpenSockets counting(Instructions program, std::uint32_t classes = 2)
{
    return {0, 0, frames::SocketKind::capture, 0, 1, "lo", {}, {}, frames::Counter{std::move(program), classes}};
}

// Where the kernel lets nobody have a program the launcher says that.
bool skipped_without_counters(const Opener &opener, const std::vector<frames::Descriptor> &opened)
{
    const int error = opener.error_.error;
    const bool refused = opened.empty() && (error == EPERM || error == ENOSYS);
    if (refused)
        say_skipped("needs programs in the kernel: " + opener.error_.text);
    return refused;
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

TEST_CASE("a counter counts packets by class and interval in memory that is shared, and hands over none")
{
    Opener opener;
    // Frames of 1042 bytes are of class 2, IPv4 ones of class 1.
    const auto opened = opener.open(counting({{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0},
                                              {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 1042},
                                              {BPF_RET | BPF_K, 0, 0, 2},
                                              {BPF_LD | BPF_H | BPF_ABS, 0, 0, 12},
                                              {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x0800},
                                              {BPF_RET | BPF_K, 0, 0, 1},
                                              {BPF_RET | BPF_K, 0, 0, 0}}));
    if (skipped_without_counters(opener, opened))
        return;
    INFO(opener.error_.text);
    REQUIRE(opened.size() == 2);
    void *mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, opened[1].get(), 0);
    REQUIRE(mapped != MAP_FAILED);
    auto *memory = static_cast<sonde_counter_memory *>(mapped);
    auto *counts = reinterpret_cast<std::uint64_t *>(memory + 1);
    const auto read = [](std::uint64_t &value) { return std::atomic_ref<std::uint64_t>(value).load(); };
    memory->origin = 0;
    memory->width = INT64_MAX; // interval 0 is now
    std::atomic_ref<std::uint32_t>(memory->open).store(1);
    sockaddr_ll all{};
    all.sll_family = AF_PACKET;
    all.sll_protocol = htons(ETH_P_ALL);
    all.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
    REQUIRE(::bind(opened[0].get(), reinterpret_cast<const sockaddr *>(&all), sizeof all) == 0);
    const auto to = opener.open({0, 0, frames::SocketKind::udp, 4, 1, "lo", kLoopback4});
    REQUIRE(to.size() == 1);
    const auto address = local<sockaddr_in>(to[0]);
    const std::vector<char> payload(1000); // 42 bytes of headers are before it
    const auto send = [&] {
        const frames::Descriptor from(::socket(AF_INET, SOCK_DGRAM, 0));
        return ::sendto(from.get(), payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr *>(&address),
                        sizeof address);
    };
    // On loopback each leaves and arrives; others may use it too.
    for (int i = 0; i < 5; ++i)
        REQUIRE(send() == 1000);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (read(counts[1]) < 10 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(read(counts[1]) >= 10);
    char one = 0;
    CHECK(::recv(opened[0].get(), &one, 1, MSG_DONTWAIT) < 0);
    // No other place than those of interval 0 was written to.
    for (std::uint32_t place = 2; place < 2 * SONDE_COUNTER_INTERVALS; ++place)
        CHECK(read(counts[place]) == 0);
    CHECK(read(memory->beyond) == 0);
    std::atomic_ref<std::uint32_t>(memory->open).store(0);
    REQUIRE(send() == 1000);
    while (read(memory->beyond) == 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(read(memory->beyond) > 0);
    ::munmap(mapped, 4096);
}

TEST_CASE("a runner has so many counters at once, and others when those are over")
{
    Opener opener;
    const frames::OpenSockets request = counting({{BPF_RET | BPF_K, 0, 0, 1}});
    std::vector<std::vector<frames::Descriptor>> had;
    had.push_back(opener.open(request));
    if (skipped_without_counters(opener, had[0]))
        return;
    while (had.size() < sockets::Counters::kMax)
        REQUIRE(had.emplace_back(opener.open(request)).size() == 2);
    CHECK(opener.open(request).empty());
    CHECK(opener.error_.error == EMFILE);
    CHECK(opener.error_.text == "a runner has at most 64 counters at once");
    had.clear();
    // The kernel takes its time to give up what nobody has any more.
    std::vector<frames::Descriptor> again;
    for (int tries = 0; tries < 1000 && again.empty(); ++tries) {
        ::poll(nullptr, 0, 10);
        again = opener.open(request);
    }
    CHECK(again.size() == 2);
}

TEST_CASE("a counter's program that breaks the rules is refused, and says where")
{
    if (skipped_without_privileged_sockets())
        return;
    Opener opener;
    const frames::Instruction done{BPF_RET | BPF_K, 0, 0, 1};
    if (skipped_without_counters(opener, opener.open(counting({done}))))
        return;
    const auto refused = [&](Instructions program) {
        CHECK(opener.open(counting(std::move(program))).empty());
        CHECK(opener.error_.error == EINVAL);
        return opener.error_.text;
    };
    CHECK(refused({{BPF_RET | BPF_K, 0, 0, 3}}) == "a counter's instruction 0: a class beyond the last one");
    CHECK(refused({{BPF_JMP | BPF_JA, 0, 0, 1}, done}) == "a counter's instruction 0: a jump beyond the program's end");
    CHECK(refused({{BPF_JMP | BPF_JA, 0, 0, UINT32_MAX}, done}) ==
          "a counter's instruction 0: a jump beyond the program's end");
    CHECK(refused({{BPF_JMP | BPF_JEQ | BPF_K, 0, 200, 7}, done}) ==
          "a counter's instruction 0: a jump beyond the program's end");
    CHECK(refused({{BPF_LD | BPF_IMM, 0, 0, 1}}) == "a counter's instruction 0: the program ends without returning");
    CHECK(refused({{BPF_ST, 0, 0, 16}, done}) == "a counter's instruction 0: a store to nowhere");
    CHECK(refused({{BPF_LD | BPF_MEM, 0, 0, 0x80000000}, done}) == "a counter's instruction 0: a load from nowhere");
    CHECK(refused({{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, done}) == "a counter's instruction 0: a division by zero");
    CHECK(refused({{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_CPU)}, done})
              .find("SKF_AD_PKTTYPE and SKF_AD_MARK") != std::string::npos);
    // What would be a call, a 64-bit constant that names a descriptor, a store through a register, an atomic addition
    // in the kernel's own language.
    for (const std::uint16_t code : {0x85, 0x18, 0x7b, 0xdb, 0x95, 0x0d, 0x1018})
        CHECK_FALSE(refused({{code, 0, 0, 1}, done}).empty());
}

TEST_CASE("any program of the right form is translated to one that the kernel takes")
{
    if (skipped_without_privileged_sockets())
        return;
    Opener opener;
    if (skipped_without_counters(opener, opener.open(counting({{BPF_RET | BPF_A, 0, 0, 0}}))))
        return;
    const frames::Instruction every[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 4},
                                         {BPF_LD | BPF_H | BPF_IND, 0, 0, 6},
                                         {BPF_LD | BPF_B | BPF_ABS, 0, 0, 9},
                                         {BPF_LD | BPF_IMM, 0, 0, 0xffffffff},
                                         {BPF_LD | BPF_MEM, 0, 0, 15},
                                         {BPF_LD | BPF_W | BPF_LEN, 0, 0, 0},
                                         {BPF_LDX | BPF_IMM, 0, 0, 9},
                                         {BPF_LDX | BPF_MEM, 0, 0, 0},
                                         {BPF_LDX | BPF_W | BPF_LEN, 0, 0, 0},
                                         {BPF_LDX | BPF_B | BPF_MSH, 0, 0, 14},
                                         {BPF_ST, 0, 0, 0},
                                         {BPF_STX, 0, 0, 15},
                                         {BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0},
                                         {BPF_ALU | BPF_SUB | BPF_K, 0, 0, 7},
                                         {BPF_ALU | BPF_MUL | BPF_X, 0, 0, 0},
                                         {BPF_ALU | BPF_DIV | BPF_X, 0, 0, 0},
                                         {BPF_ALU | BPF_MOD | BPF_K, 0, 0, 3},
                                         {BPF_ALU | BPF_OR | BPF_K, 0, 0, 1},
                                         {BPF_ALU | BPF_AND | BPF_X, 0, 0, 0},
                                         {BPF_ALU | BPF_LSH | BPF_K, 0, 0, 31},
                                         {BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0},
                                         {BPF_ALU | BPF_XOR | BPF_K, 0, 0, 0x80000000},
                                         {BPF_ALU | BPF_NEG, 0, 0, 0},
                                         {BPF_MISC | BPF_TAX, 0, 0, 0},
                                         {BPF_MISC | BPF_TXA, 0, 0, 0},
                                         {BPF_JMP | BPF_JA, 0, 0, 1},
                                         {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 5},
                                         {BPF_JMP | BPF_JGT | BPF_X, 1, 0, 0},
                                         {BPF_JMP | BPF_JGE | BPF_K, 2, 1, 0x80000000},
                                         {BPF_JMP | BPF_JSET | BPF_K, 0, 2, 1}};
    Instructions program;
    for (int i = 0; i < 8; ++i)
        program.insert(program.end(), std::begin(every), std::end(every));
    program.insert(program.end(), 3, {BPF_RET | BPF_A, 0, 0, 0});
    INFO(opener.error_.text);
    CHECK(opener.open(counting(program)).size() == 2);
}
