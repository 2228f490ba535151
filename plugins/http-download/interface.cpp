#include "interface.hpp"

#include <sonde/address.hpp>

#include <fstream>
#include <memory>
#include <sstream>

#include <ifaddrs.h>
#include <net/if_arp.h>

namespace sonde::http_download {
namespace {

constexpr std::int64_t kEthernetHeader = 14;

int link_type(const std::string &name)
{
    int type = -1;
    std::ifstream("/sys/class/net/" + name + "/type") >> type;
    return type;
}

} // namespace

std::string interface_of(const sonde_ip &address)
{
    ifaddrs *list = nullptr;
    if (getifaddrs(&list) != 0)
        return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs *)> owned(list, &freeifaddrs);
    for (const ifaddrs *entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr ||
            (entry->ifa_addr->sa_family != AF_INET && entry->ifa_addr->sa_family != AF_INET6))
            continue;
        if (plugin::same_address(plugin::endpoint_of(entry->ifa_addr).ip, address))
            return entry->ifa_name;
    }
    return {};
}

// A line of /proc/net/dev: the name, eight figures of what was received (bytes, packets, ...), eight of what was sent.
std::optional<InterfaceBytes> read_interface(const std::string &name)
{
    const int type = link_type(name);
    if (type == ARPHRD_LOOPBACK)
        return std::nullopt; // it receives what it sends
    std::ifstream file("/proc/self/net/dev");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(':');
        const auto first = line.find_first_not_of(' ');
        if (colon == std::string::npos || line.substr(first, colon - first) != name)
            continue;
        std::istringstream figures(line.substr(colon + 1));
        std::int64_t all[16] = {};
        for (auto &figure : all)
            figures >> figure;
        if (!figures)
            return std::nullopt;
        const std::int64_t header = type == ARPHRD_ETHER ? kEthernetHeader : 0;
        return InterfaceBytes{all[0] - all[1] * header, all[8] - all[9] * header};
    }
    return std::nullopt;
}

} // namespace sonde::http_download
