#pragma once

// Optional C++20 comfort: sonde_ip to and from the sockaddr of the system and to and from text. Header only, no ABI of
// its own.

#include <sonde/plugin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::plugin {

// An IPv4 or IPv6 address and a port, as bind(2), connect(2) and sendmsg(2) take them.
struct SocketAddress {
    sockaddr_in6 storage = {}; // large enough for either family
    socklen_t length = 0;

    sockaddr *get() { return reinterpret_cast<sockaddr *>(&storage); }
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

struct Endpoint {
    sonde_ip ip = {};
    std::uint16_t port = 0;
};

inline SocketAddress socket_address(const sonde_ip &ip, std::uint16_t port)
{
    SocketAddress address;
    if (ip.family == 4) {
        sockaddr_in v4 = {};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&v4.sin_addr, ip.bytes, 4);
        std::memcpy(&address.storage, &v4, sizeof v4);
        address.length = sizeof v4;
    } else {
        address.storage.sin6_family = AF_INET6;
        address.storage.sin6_port = htons(port);
        address.storage.sin6_scope_id = ip.interface;
        std::memcpy(&address.storage.sin6_addr, ip.bytes, 16);
        address.length = sizeof address.storage;
    }
    return address;
}

// What a sockaddr holds, wherever it lies (recvmsg's control data need not be aligned for one). Family 0 for what is
// neither IPv4 nor IPv6.
inline Endpoint endpoint_of(const void *address)
{
    sa_family_t family = AF_UNSPEC;
    std::memcpy(&family, static_cast<const char *>(address) + offsetof(sockaddr, sa_family), sizeof family);
    Endpoint endpoint;
    if (family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, address, sizeof v4);
        endpoint.ip.family = 4;
        endpoint.port = ntohs(v4.sin_port);
        std::memcpy(endpoint.ip.bytes, &v4.sin_addr, 4);
    } else if (family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, address, sizeof v6);
        endpoint.ip.family = 6;
        endpoint.ip.interface = IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr) ? v6.sin6_scope_id : 0;
        endpoint.port = ntohs(v6.sin6_port);
        std::memcpy(endpoint.ip.bytes, &v6.sin6_addr, 16);
    }
    return endpoint;
}

// Its own end of a socket and, of one that is connected, the other; family 0 where there is none.
inline Endpoint local_endpoint(int fd)
{
    SocketAddress address;
    address.length = sizeof address.storage;
    return getsockname(fd, address.get(), &address.length) == 0 ? endpoint_of(address.get()) : Endpoint();
}

inline Endpoint peer_endpoint(int fd)
{
    SocketAddress address;
    address.length = sizeof address.storage;
    return getpeername(fd, address.get(), &address.length) == 0 ? endpoint_of(address.get()) : Endpoint();
}

// Whether they are the same address. An interface of 0 stands for any.
inline bool same_address(const sonde_ip &a, const sonde_ip &b)
{
    return a.family == b.family && std::memcmp(a.bytes, b.bytes, a.family == 4 ? 4 : 16) == 0 &&
           (a.interface == 0 || b.interface == 0 || a.interface == b.interface);
}

inline bool same_endpoint(const Endpoint &a, const Endpoint &b)
{
    return a.port == b.port && same_address(a.ip, b.ip);
}

// An address literal without a zone.
inline std::optional<sonde_ip> parse_ip(const std::string &text)
{
    sonde_ip ip = {};
    if (inet_pton(AF_INET, text.c_str(), ip.bytes) == 1)
        ip.family = 4;
    else if (inet_pton(AF_INET6, text.c_str(), ip.bytes) == 1)
        ip.family = 6;
    else
        return std::nullopt;
    return ip;
}

// "192.0.2.1", "2001:db8::1"
inline std::string text_of(const sonde_ip &ip)
{
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(ip.family == 4 ? AF_INET : AF_INET6, ip.bytes, text, sizeof text);
    return text;
}

// "192.0.2.1:80", "[2001:db8::1]:80"
inline std::string text_of(const Endpoint &endpoint)
{
    const std::string host = text_of(endpoint.ip);
    return (endpoint.ip.family == 4 ? host : "[" + host + "]") + ":" + std::to_string(endpoint.port);
}

// How an address literal contradicts the invocation's family, which no resolver can help. Empty for a name, and for a
// literal that will do.
inline std::string against_family(const sonde_invocation &in, const std::string &host)
{
    const auto literal = parse_ip(host.substr(0, host.find('%')));
    in6_addr ip = {};
    if (literal)
        std::memcpy(&ip, literal->bytes, sizeof ip);
    const bool mapped = literal && literal->family == 6 && IN6_IS_ADDR_V4MAPPED(&ip);
    if (!literal || in.family == 0 || literal->family == in.family || (mapped && in.family == 4))
        return {};
    const std::string family = std::to_string(in.family);
    return "not an IPv" + family + " address, as " +
           (in.source == nullptr ? "family=" + family : "source=" + text_of(*in.source)) + " asks for";
}

} // namespace sonde::plugin
