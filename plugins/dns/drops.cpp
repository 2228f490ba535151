#include "drops.hpp"

#include "stamps.hpp"

#include <fstream>
#include <sstream>
#include <string>

namespace sonde::dns {
namespace {

// Datagrams that found no room in their sockets, of both families.
std::uint64_t without_room()
{
    std::uint64_t sum = 0;
    std::ifstream file4("/proc/self/net/snmp");
    // Two lines: the names, then the figures.
    for (std::string names, figures; std::getline(file4, names) && std::getline(file4, figures);) {
        std::istringstream name(names), figure(figures);
        std::string word, number;
        if (!names.starts_with("Udp:"))
            continue;
        while (name >> word && figure >> number)
            if (word == "RcvbufErrors")
                sum += std::stoull(number);
    }
    std::ifstream file6("/proc/self/net/snmp6");
    std::string word;
    for (std::uint64_t number = 0; file6 >> word >> number;)
        if (word == "Udp6RcvbufErrors")
            sum += number;
    return sum;
}

} // namespace

Drops::Drops() : before_(without_room()) {}

bool Drops::any(int fd, std::uint32_t known) const
{
    return packets_dropped(fd) > known && without_room() > before_;
}

} // namespace sonde::dns
