#include "hops/hops.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sonde::hops {

namespace {

constexpr std::string_view kBefore = "hop-";
constexpr std::string_view kBehind = ".path.invalid";
constexpr const char *kFar4 = "198.51.100.1";
constexpr const char *kFar6 = "2001:db8:ffff::1";
constexpr std::uint16_t kPort = 33434; // traceroute's, which filters know
constexpr unsigned kTries = 3;
constexpr std::uint64_t kUdpBytes = 8 + 1, kIcmpBytes = 8;

using Clock = std::chrono::steady_clock;

class Socket {
public:
    explicit Socket(int family) : descriptor_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
    ~Socket()
    {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }
    Socket(const Socket &) = delete;
    Socket &operator=(const Socket &) = delete;

    int get() const { return descriptor_; }

private:
    int descriptor_;
};

// Large enough for either family.
struct Endpoint {
    sockaddr_storage storage{};
    socklen_t length;

    Endpoint(const frames::Ip &address, std::uint16_t port)
        : length(address.family == 4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6))
    {
        if (address.family == 4) {
            auto &four = reinterpret_cast<sockaddr_in &>(storage);
            four.sin_family = AF_INET;
            four.sin_port = htons(port);
            std::memcpy(&four.sin_addr, address.bytes.data(), 4);
            return;
        }
        auto &six = reinterpret_cast<sockaddr_in6 &>(storage);
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        six.sin6_scope_id = address.interface;
        std::memcpy(&six.sin6_addr, address.bytes.data(), 16);
    }
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

std::optional<frames::Ip> address_in(const sockaddr &found)
{
    frames::Ip address;
    if (found.sa_family == AF_INET) {
        address.family = 4;
        std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in &>(found).sin_addr, 4);
        return address;
    }
    if (found.sa_family == AF_INET6) {
        const auto &six = reinterpret_cast<const sockaddr_in6 &>(found);
        address.family = 6;
        std::memcpy(address.bytes.data(), &six.sin6_addr, 16);
        address.interface = six.sin6_scope_id;
        return address;
    }
    return std::nullopt;
}

frames::Ip far_away(std::uint8_t family)
{
    frames::Ip address;
    address.family = family;
    ::inet_pton(family == 4 ? AF_INET : AF_INET6, family == 4 ? kFar4 : kFar6, address.bytes.data());
    return address;
}

bool leave_by(const Socket &socket, const WayOut &way)
{
    if (!way.interface.empty() && ::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, way.interface.c_str(),
                                               static_cast<socklen_t>(way.interface.size())) != 0)
        return false;
    if (way.source.family == 0)
        return true;
    const Endpoint source(way.source, 0);
    return ::bind(socket.get(), source.get(), source.length) == 0;
}

bool aim(const Socket &socket, std::uint8_t family, int hop)
{
    const int yes = 1;
    const int level = family == 4 ? IPPROTO_IP : IPPROTO_IPV6;
    const Endpoint to(far_away(family), kPort);
    return ::setsockopt(socket.get(), level, family == 4 ? IP_TTL : IPV6_UNICAST_HOPS, &hop, sizeof hop) == 0 &&
           ::setsockopt(socket.get(), level, family == 4 ? IP_RECVERR : IPV6_RECVERR, &yes, sizeof yes) == 0 &&
           ::connect(socket.get(), to.get(), to.length) == 0;
}

// What is sent to an address of this machine leaves from that same address.
bool is_our_own(const frames::Ip &address)
{
    const Socket socket(address.family == 4 ? AF_INET : AF_INET6);
    const Endpoint to(address, kPort);
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    if (::connect(socket.get(), to.get(), to.length) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr *>(&from), &length) != 0)
        return false;
    const auto own = address_in(reinterpret_cast<const sockaddr &>(from));
    return own && own->bytes == address.bytes;
}

// The first router also tells itself by having no way on.
bool tells_the_hop(const sock_extended_err &error, unsigned hop)
{
    if (error.ee_origin == SO_EE_ORIGIN_ICMP)
        return error.ee_type == ICMP_TIME_EXCEEDED || (hop == 1 && error.ee_type == ICMP_DEST_UNREACH);
    if (error.ee_origin == SO_EE_ORIGIN_ICMP6)
        return error.ee_type == ICMP6_TIME_EXCEEDED || (hop == 1 && error.ee_type == ICMP6_DST_UNREACH);
    return false;
}

std::optional<frames::Ip> take_answer(const Socket &socket, unsigned hop)
{
    alignas(cmsghdr) char control[512];
    char payload[64];
    iovec piece{payload, sizeof payload};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(socket.get(), &message, MSG_ERRQUEUE) < 0)
        return std::nullopt;
    for (cmsghdr *header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if ((header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_RECVERR) &&
            (header->cmsg_level != IPPROTO_IPV6 || header->cmsg_type != IPV6_RECVERR))
            continue;
        if (header->cmsg_len < CMSG_LEN(sizeof(sock_extended_err) + sizeof(sockaddr_in)))
            continue;
        const auto *error = reinterpret_cast<const sock_extended_err *>(CMSG_DATA(header));
        if (tells_the_hop(*error, hop))
            return address_in(*SO_EE_OFFENDER(error));
    }
    return std::nullopt;
}

bool same_letters(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<frames::Ip> find_hop(unsigned hop, std::uint8_t family, const WayOut &way, Traffic &traffic,
                                   std::chrono::milliseconds patience)
{
    const std::uint64_t header = family == 4 ? 20 : 40, datagram = header + kUdpBytes;
    const Socket socket(family == 4 ? AF_INET : AF_INET6);
    if (socket.get() < 0 || !leave_by(socket, way) || !aim(socket, family, static_cast<int>(hop)))
        return std::nullopt;
    for (unsigned attempt = 0; attempt < kTries; ++attempt) {
        // What came of the one before is the next one's error: it is said once and means nothing here.
        bool sent = false;
        for (int i = 0; i < 2 && !sent; ++i)
            sent = ::send(socket.get(), "", 1, MSG_NOSIGNAL) == 1;
        traffic.sent_bytes += sent ? datagram : 0;
        const auto until = Clock::now() + patience / kTries;
        for (auto left = until - Clock::now(); left > Clock::duration(0); left = until - Clock::now()) {
            pollfd wait{socket.get(), 0, 0}; // POLLERR comes unasked
            const auto millis = std::chrono::ceil<std::chrono::milliseconds>(left).count();
            if (::poll(&wait, 1, static_cast<int>(millis)) <= 0)
                continue;
            const auto found = take_answer(socket, hop);
            if (found && !is_our_own(*found)) {
                traffic.received_bytes += header + kIcmpBytes + datagram;
                return found;
            }
            // Else POLLERR would stand, and this spin.
            int said = 0;
            socklen_t size = sizeof said;
            (void)::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &said, &size);
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<unsigned> parse_hop(std::string_view name)
{
    if (name.ends_with('.'))
        name.remove_suffix(1);
    if (name.size() != kBefore.size() + 1 + kBehind.size() || !same_letters(name.substr(0, kBefore.size()), kBefore) ||
        !same_letters(name.substr(kBefore.size() + 1), kBehind))
        return std::nullopt;
    const char digit = name[kBefore.size()];
    if (digit < '1' || digit > static_cast<char>('0' + kHopsMax))
        return std::nullopt;
    return static_cast<unsigned>(digit - '0');
}

std::vector<frames::Ip> find_hops(unsigned hop, const WayOut &way, Traffic &traffic, std::chrono::milliseconds patience)
{
    std::vector<frames::Ip> found;
    for (const std::uint8_t family : {std::uint8_t{4}, std::uint8_t{6}})
        if ((way.family == 0 || way.family == family) && (way.source.family == 0 || way.source.family == family))
            if (const auto router = find_hop(hop, family, way, traffic, patience))
                found.push_back(*router);
    return found;
}

} // namespace sonde::hops
