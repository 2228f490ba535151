#include "drops.hpp"

#include "stamps.hpp"

#include <fstream>
#include <sstream>
#include <string>

namespace sonde::dns {
namespace {

// To read the name space's count takes some time, so where nothing was dropped it may be as old as that.
constexpr std::int64_t kRecent = 1'000'000'000; // ns

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

bool Drops::since(int fd, Look &last)
{
    const std::uint32_t all = packets_dropped(fd);
    if (all == last.socket) {
        last.room = recent(); // that were others' packets
        return false;
    }
    const Look before = last;
    last = {all, read()};
    return last.room > before.room;
}

std::uint64_t Drops::recent()
{
    const std::int64_t now = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    return read_at_ == INT64_MIN || now - read_at_ > kRecent ? read() : room_;
}

std::uint64_t Drops::read()
{
    read_at_ = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    return room_ = without_room();
}

} // namespace sonde::dns
