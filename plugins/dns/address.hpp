#pragma once

#include <sonde/plugin.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::dns {

struct SocketAddress {
    sockaddr_storage storage = {};
    socklen_t length = 0;

    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

struct Endpoint {
    sonde_ip ip = {};
    std::uint16_t port = 0;
};

inline SocketAddress socket_address(const Endpoint &endpoint)
{
    SocketAddress address;
    if (endpoint.ip.family == 4) {
        sockaddr_in v4 = {};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(endpoint.port);
        std::memcpy(&v4.sin_addr, endpoint.ip.bytes, 4);
        std::memcpy(&address.storage, &v4, address.length = sizeof v4);
    } else {
        sockaddr_in6 v6 = {};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(endpoint.port);
        v6.sin6_scope_id = endpoint.ip.interface;
        std::memcpy(&v6.sin6_addr, endpoint.ip.bytes, 16);
        std::memcpy(&address.storage, &v6, address.length = sizeof v6);
    }
    return address;
}

// Family 0 for what is neither IPv4 nor IPv6.
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

// An interface of 0 in `expected` stands for any.
inline bool is_from(const Endpoint &expected, const Endpoint &actual)
{
    return expected.port == actual.port && expected.ip.family == actual.ip.family &&
           std::memcmp(expected.ip.bytes, actual.ip.bytes, expected.ip.family == 4 ? 4 : 16) == 0 &&
           (expected.ip.interface == 0 || expected.ip.interface == actual.ip.interface);
}

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

} // namespace sonde::dns
