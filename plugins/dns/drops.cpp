#include "drops.hpp"

#include "stamps.hpp"

#include <algorithm>
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

Drops::Drops() : told_(without_room()) {}

std::uint32_t Drops::at(int fd, std::uint32_t &known)
{
    const std::uint32_t all = packets_dropped(fd), more = all - known;
    if (more == 0)
        return 0;
    known = all;
    const std::uint64_t room = without_room();
    const auto here = static_cast<std::uint32_t>(std::min<std::uint64_t>(more, room - std::min(room, told_)));
    told_ += here;
    return here;
}

void Drops::begin_anew()
{
    told_ = without_room();
}

} // namespace sonde::dns
