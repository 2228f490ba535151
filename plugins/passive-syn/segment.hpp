#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace sonde::passive_syn {

using Bytes = std::span<const std::uint8_t>;

// What a captured packet is to us.
enum class Segment : std::uint8_t {
    syn,      // SYN without ACK, ECN-setup SYNs (RFC 3168 6.1.1) among them
    syn_ack,  // SYN and ACK
    rst,      // RST and ACK with sequence number 0: how a SYN to a closed port is refused (RFC 9293 3.10.7.1)
    unparsed, // IP, perhaps TCP, but its header is cut short or wrong: could have been any of the above
};

struct Classified {
    std::uint32_t family; // 4 or 6
    Segment segment;
    // Where in the frame both addresses are, and the TCP header up to its flags; null for `unparsed`.
    const std::uint8_t *addresses = nullptr;
    const std::uint8_t *tcp = nullptr;
    bool has_data = false; // by the IP header's length
};

// What links put before the packet.
enum class Link : std::uint8_t {
    ethernet, // 14 bytes, the EtherType at 12
    bare,     // nothing: the packet begins with its IP header
};

// Looks through VLAN tags, PPPoE and IPv6 extension headers; nothing for packets that do not count. `frame` may be cut
// at the end by the capture, which makes a packet unparsed only if its TCP header is missing.
std::optional<Classified> classify(Link link, Bytes frame);

} // namespace sonde::passive_syn
