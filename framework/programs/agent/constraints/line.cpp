#include "programs/agent/constraints/line.hpp"

#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>

namespace sonde::agent {

namespace {

constexpr unsigned kRouteUp = 1;         // RTF_UP
constexpr unsigned kRouteReject = 0x200; // RTF_REJECT

struct Route {
    std::string interface;
    std::uint64_t metric = std::numeric_limits<std::uint64_t>::max();

    void consider(const std::string &name, std::uint64_t its_metric, unsigned flags)
    {
        if ((flags & kRouteUp) == 0 || (flags & kRouteReject) != 0 || name == "lo" || its_metric >= metric)
            return;
        interface = name;
        metric = its_metric;
    }
    std::optional<std::string> found() const { return interface.empty() ? std::nullopt : std::optional(interface); }
};

Error no_interface(const std::string &interface)
{
    return {"interface " + interface, "there is none of that name", "`ip link` lists them"};
}

} // namespace

std::optional<std::string> default_interface()
{
    std::ifstream ipv4("/proc/self/net/route");
    std::ifstream ipv6("/proc/self/net/ipv6_route");
    return default_interface(ipv4, ipv6);
}

std::optional<std::string> default_interface(std::istream &ipv4, std::istream &ipv6)
{
    Route route;
    std::string line;
    std::getline(ipv4, line); // the columns' names
    while (std::getline(ipv4, line)) {
        std::istringstream words(line);
        std::string name, destination, gateway, mask;
        unsigned flags = 0;
        std::uint64_t references = 0, uses = 0, metric = 0;
        words >> name >> destination >> gateway >> std::hex >> flags >> std::dec >> references >> uses >> metric >>
            mask;
        if (words && destination == "00000000" && mask == "00000000")
            route.consider(name, metric, flags);
    }
    if (route.found())
        return route.found();
    while (std::getline(ipv6, line)) {
        std::istringstream words(line);
        std::string destination, prefix, source, source_prefix, next_hop, name;
        std::uint64_t metric = 0, references = 0, uses = 0;
        unsigned flags = 0;
        words >> destination >> prefix >> source >> source_prefix >> next_hop >> std::hex >> metric >> references >>
            uses >> flags >> name;
        if (words && prefix == "00" && destination.find_first_not_of('0') == std::string::npos)
            route.consider(name, metric, flags);
    }
    return route.found();
}

Result<std::uint64_t> bytes_of(const std::string &interface)
{
    std::ifstream devices("/proc/self/net/dev");
    if (!devices)
        return Error{"/proc/self/net/dev", std::strerror(errno), ""};
    std::ifstream type_file("/sys/class/net/" + interface + "/type");
    unsigned type = 0;
    type_file >> type;
    const auto bytes = bytes_of(interface, devices, type == ARPHRD_ETHER ? ETH_HLEN : 0);
    if (!bytes)
        return no_interface(interface);
    return *bytes;
}

std::optional<std::uint64_t> bytes_of(const std::string &interface, std::istream &devices, std::uint64_t header)
{
    std::string line;
    while (std::getline(devices, line)) {
        // A name may hold a colon (an alias), the counters do not.
        const auto colon = line.rfind(':');
        const auto begin = line.find_first_not_of(' ');
        if (colon == std::string::npos || line.substr(begin, colon - begin) != interface)
            continue;
        // Eight columns of what was received, then what was sent: bytes and packets come first.
        std::istringstream words(line.substr(colon + 1));
        std::array<std::uint64_t, 10> columns{};
        for (std::uint64_t &column : columns)
            words >> column;
        if (!words)
            return std::nullopt;
        const std::uint64_t bytes = columns[0] + columns[8];
        return bytes - std::min(bytes, header * (columns[1] + columns[9]));
    }
    return std::nullopt;
}

Result<bool> is_up(const std::string &interface)
{
    ifreq request{};
    if (interface.empty() || interface.size() >= sizeof request.ifr_name)
        return no_interface(interface);
    interface.copy(request.ifr_name, interface.size());
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0)
        return Error{"socket", std::strerror(errno), ""};
    const int answer = ::ioctl(socket, SIOCGIFFLAGS, &request);
    const int error = errno;
    ::close(socket);
    if (answer != 0 && error == ENODEV)
        return no_interface(interface);
    if (answer != 0)
        return Error{"interface " + interface, std::strerror(error), ""};
    // Running is what the kernel calls one with a carrier.
    return (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

std::string rate_text(double bytes_per_second)
{
    double rate = bytes_per_second * 8;
    const char *unit = "b/s";
    for (const char *greater : {"kb/s", "Mb/s", "Gb/s"}) {
        if (rate < 999.5)
            break;
        rate /= 1000;
        unit = greater;
    }
    // Not a power of ten, and below a Mb/s only what can be seen of it.
    if (unit == std::string_view("kb/s") && rate >= 100) {
        rate /= 1000;
        unit = "Mb/s";
    }
    std::array<char, 48> text;
    std::snprintf(text.data(), text.size(), "%.3g %s", rate, unit);
    return text.data();
}

} // namespace sonde::agent
