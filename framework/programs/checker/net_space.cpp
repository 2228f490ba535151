#include "programs/checker/net_space.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sonde::checker {

namespace {

constexpr std::size_t kPacketBytesMax = 2048; // what is longer is cut

Error failed(const std::string &step)
{
    return {"", "no network namespace here: " + step + ": " + std::strerror(errno), ""};
}

bool write_file(const char *path, const std::string &text)
{
    const frames::Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

Result<void> unshare_network()
{
    if (::unshare(CLONE_NEWNET) == 0)
        return {};
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return failed("unshare");
    if (!write_file("/proc/self/setgroups", "deny") ||
        !write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") ||
        !write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1"))
        return failed("uid_map");
    return {};
}

Result<void> set_loopback_up()
{
    const frames::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", sizeof "lo");
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
        return failed("lo");
    request.ifr_flags |= IFF_UP;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        return failed("lo");
    return {};
}

// Without one, a packet for elsewhere is refused before anybody could see it.
void route_all_to_loopback()
{
    const frames::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    rtentry route{};
    std::string device = "lo";
    for (sockaddr *address : {&route.rt_dst, &route.rt_genmask})
        address->sa_family = AF_INET;
    route.rt_flags = RTF_UP;
    route.rt_dev = device.data();
    ::ioctl(socket.get(), SIOCADDRT, &route);
    // Of IPv6 the kernel refuses what is routed there, unless it is for this machine itself.
    const frames::Descriptor socket6(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    in6_rtmsg route6{};
    route6.rtmsg_flags = RTF_UP | RTF_LOCAL;
    route6.rtmsg_metric = 1;
    route6.rtmsg_ifindex = static_cast<int>(::if_nametoindex(device.c_str()));
    ::ioctl(socket6.get(), SIOCADDRT, &route6);
}

bool &entered()
{
    static bool entered = false;
    return entered;
}

bool &silenced()
{
    static bool silenced = false;
    return silenced;
}

std::string text_of(int family, const void *address)
{
    char text[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(family, address, text, sizeof text);
    return text;
}

template <class Header>
bool read_header(std::span<const std::uint8_t> bytes, Header &header)
{
    if (bytes.size() < sizeof header)
        return false;
    std::memcpy(&header, bytes.data(), sizeof header);
    return true;
}

void read_transport(std::span<const std::uint8_t> bytes, Packet &packet)
{
    std::size_t skipped = 0;
    udphdr udp{};
    tcphdr tcp{};
    if (packet.protocol == IPPROTO_UDP && read_header(bytes, udp)) {
        packet.from_port = ntohs(udp.source);
        packet.to_port = ntohs(udp.dest);
        skipped = sizeof udp;
    } else if (packet.protocol == IPPROTO_TCP && read_header(bytes, tcp)) {
        packet.from_port = ntohs(tcp.source);
        packet.to_port = ntohs(tcp.dest);
        skipped = std::min<std::size_t>(std::size_t{tcp.doff} * 4, bytes.size());
    }
    packet.payload.assign(bytes.begin() + static_cast<std::ptrdiff_t>(skipped), bytes.end());
}

Packet read_packet(std::span<const std::uint8_t> bytes)
{
    Packet packet;
    iphdr ip4{};
    ip6_hdr ip6{};
    if (read_header(bytes, ip4) && ip4.version == 4 && bytes.size() >= std::size_t{ip4.ihl} * 4) {
        packet.from = text_of(AF_INET, &ip4.saddr);
        packet.to = text_of(AF_INET, &ip4.daddr);
        packet.protocol = ip4.protocol;
        read_transport(bytes.subspan(std::size_t{ip4.ihl} * 4), packet);
    } else if (read_header(bytes, ip6) && (ip6.ip6_vfc >> 4) == 6) {
        packet.from = text_of(AF_INET6, &ip6.ip6_src);
        packet.to = text_of(AF_INET6, &ip6.ip6_dst);
        packet.protocol = ip6.ip6_nxt;
        read_transport(bytes.subspan(sizeof ip6), packet);
    }
    return packet;
}

} // namespace

Result<void> enter_net_space()
{
    if (has_net_space())
        return {};
    if (Result<void> unshared = unshare_network(); !unshared)
        return unshared;
    if (Result<void> up = set_loopback_up(); !up)
        return up;
    route_all_to_loopback();
    entered() = true;
    return {};
}

bool has_net_space()
{
    return entered();
}

Result<void> enter_empty_net_space()
{
    return ::unshare(CLONE_NEWNET) == 0 ? Result<void>() : failed("unshare");
}

void silence_echoes()
{
    silenced() = has_net_space() && write_file("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1") &&
                 (write_file("/proc/sys/net/ipv6/icmp/echo_ignore_all", "1") || errno == ENOENT);
}

std::uint64_t unheard_packets()
{
    std::uint64_t datagrams = 0, echoes = 0;
    for (const char *const path : {"/proc/self/net/snmp", "/proc/self/net/snmp6"}) {
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) {
            std::uint64_t count = 0;
            // A line with the names of the fields stands above that with their values.
            if (std::sscanf(line.c_str(), "Udp: %*u %" SCNu64, &count) == 1 ||
                std::sscanf(line.c_str(), "Udp6NoPorts %" SCNu64, &count) == 1)
                datagrams += count;
            if (std::sscanf(line.c_str(), "Icmp: %*u %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &count) == 1 ||
                std::sscanf(line.c_str(), "Icmp6InEchos %" SCNu64, &count) == 1)
                echoes += count;
        }
    }
    return silenced() ? datagrams + echoes : datagrams;
}

std::uint64_t loopback_bytes()
{
    std::ifstream file("/proc/self/net/dev");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find("lo:");
        if (colon != line.npos)
            return std::strtoull(line.c_str() + colon + 3, nullptr, 10);
    }
    return 0;
}

Result<Capture> Capture::open()
{
    Capture capture;
    capture.socket_.reset(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)));
    if (!capture.socket_)
        return failed("packet socket");
    const int bytes = 8 << 20;
    ::setsockopt(capture.socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    return capture;
}

std::vector<Packet> Capture::take(std::size_t packets_max)
{
    std::vector<Packet> packets;
    std::vector<std::uint8_t> buffer(kPacketBytesMax);
    while (packets.size() < packets_max) {
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const ssize_t size =
            ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr *>(&from), &length);
        if (size < 0)
            break;
        // On a loopback interface each packet is seen leaving and coming.
        if (from.sll_pkttype == PACKET_OUTGOING)
            packets.push_back(read_packet(std::span(buffer).first(static_cast<std::size_t>(size))));
    }
    return packets;
}

} // namespace sonde::checker
