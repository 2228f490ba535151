#pragma once

#include <sonde/plugin.h>

#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::http_download {

struct SocketAddress {
    sockaddr_storage storage = {};
    socklen_t length = 0;

    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

inline SocketAddress socket_address(const sonde_ip &ip, std::uint16_t port)
{
    SocketAddress address;
    if (ip.family == 4) {
        sockaddr_in v4 = {};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&v4.sin_addr, ip.bytes, 4);
        std::memcpy(&address.storage, &v4, address.length = sizeof v4);
    } else {
        sockaddr_in6 v6 = {};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        v6.sin6_scope_id = ip.interface;
        std::memcpy(&v6.sin6_addr, ip.bytes, 16);
        std::memcpy(&address.storage, &v6, address.length = sizeof v6);
    }
    return address;
}

// "192.0.2.1:80", "[2001:db8::1]:80"
inline std::string text_of(const sonde_ip &ip, std::uint16_t port)
{
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(ip.family == 4 ? AF_INET : AF_INET6, ip.bytes, text, sizeof text);
    const std::string host = ip.family == 4 ? text : "[" + std::string(text) + "]";
    return host + ":" + std::to_string(port);
}

} // namespace sonde::http_download
