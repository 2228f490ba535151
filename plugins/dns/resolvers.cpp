#include "resolvers.hpp"

#include <sonde/address.hpp>

#include <cstring>
#include <fstream>
#include <sstream>

#include <net/if.h>

namespace sonde::dns {
namespace {

constexpr const char *kResolvConf = "/etc/resolv.conf";
// Where systemd-resolved keeps the servers that it asks itself.
constexpr const char *kResolvedUpstreams = "/run/systemd/resolve/resolv.conf";
constexpr std::size_t kServersMax = 3; // MAXNS of the C library

std::string contents_of(const char *path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// An address, of IPv6 perhaps with a zone.
std::optional<sonde_ip> address_in(const std::string &text)
{
    const std::size_t percent = text.find('%');
    auto ip = plugin::parse_ip(text.substr(0, percent));
    if (ip && percent != text.npos)
        ip->interface = if_nametoindex(text.c_str() + percent + 1);
    return ip;
}

} // namespace

std::vector<sonde_ip> name_servers_in(std::string_view resolv_conf)
{
    std::vector<sonde_ip> found;
    std::istringstream lines{std::string(resolv_conf)};
    for (std::string line; std::getline(lines, line) && found.size() < kServersMax;) {
        std::istringstream words(line);
        std::string keyword, address;
        if (words >> keyword >> address && keyword == "nameserver")
            if (const auto ip = address_in(address))
                found.push_back(*ip);
    }
    if (found.empty())
        found.push_back(*plugin::parse_ip("127.0.0.1"));
    return found;
}

const char *stub_at(const sonde_ip &ip)
{
    constexpr std::uint8_t kLoopback6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    if (ip.family == 6)
        return std::memcmp(ip.bytes, kLoopback6, sizeof kLoopback6) == 0 ? "local resolver" : "";
    if (ip.bytes[0] != 127)
        return "";
    const bool resolved = ip.bytes[1] == 0 && ip.bytes[2] == 0 && (ip.bytes[3] == 53 || ip.bytes[3] == 54);
    return resolved ? "systemd-resolved" : "local resolver";
}

std::vector<Server> system_resolvers(std::uint32_t family)
{
    std::vector<Server> servers;
    for (const sonde_ip &ip : name_servers_in(contents_of(kResolvConf))) {
        if (family != 0 && ip.family != family)
            continue;
        Server server;
        server.ip = ip;
        server.given = false;
        server.stub = stub_at(ip);
        const std::string upstreams =
            std::strcmp(server.stub, "systemd-resolved") == 0 ? contents_of(kResolvedUpstreams) : "";
        if (!upstreams.empty())
            for (const sonde_ip &upstream : name_servers_in(upstreams))
                server.upstreams += (server.upstreams.empty() ? "" : " ") + plugin::text_of(upstream);
        servers.push_back(server);
    }
    return servers;
}

} // namespace sonde::dns
