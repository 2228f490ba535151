#include "looped.hpp"

#include <cstddef>

namespace sonde::dns {
namespace {

constexpr std::size_t kLinkHeaders[] = {14, 0, 4, 16, 18, 22}; // Ethernet first
constexpr std::uint8_t kUdp = 17;
constexpr std::size_t kUdpHeaderBytes = 8;

std::size_t word_at(Octets bytes, std::size_t at)
{
    return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]);
}

// The datagram in an IP packet that is there from its first to its last byte; empty for anything else.
Octets datagram_in(Octets ip)
{
    if (ip.size() >= 20 && ip[0] >> 4 == 4) {
        const std::size_t header = std::size_t{ip[0] & 15U} * 4;
        if (header >= 20 && ip.size() >= header + kUdpHeaderBytes && word_at(ip, 2) == ip.size() && ip[9] == kUdp)
            return ip.subspan(header);
    } else if (ip.size() >= 40 + kUdpHeaderBytes && ip[0] >> 4 == 6 && word_at(ip, 4) == ip.size() - 40 &&
               ip[6] == kUdp) {
        return ip.subspan(40);
    }
    return {};
}

} // namespace

std::optional<std::uint16_t> looped_id(Octets packet, std::uint16_t source_port)
{
    for (const std::size_t link : kLinkHeaders) {
        if (packet.size() < link)
            continue;
        const Octets datagram = datagram_in(packet.subspan(link));
        if (datagram.size() >= kUdpHeaderBytes + 2 && word_at(datagram, 0) == source_port)
            return static_cast<std::uint16_t>(word_at(datagram, kUdpHeaderBytes));
    }
    return std::nullopt;
}

} // namespace sonde::dns
