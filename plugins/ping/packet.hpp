#pragma once

#include <sonde/keyed_hash.hpp>
#include <sonde/plugin.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sonde::ping {

// An echo request carries, behind the eight bytes of the ICMP header, the number of the packet within the run (8 bytes)
// and the token (8 bytes), then what the run's payload says. The sequence number in the header is the number's low 16
// bits.
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kStampBytes = 16;

using Bytes = std::span<const std::uint8_t>;

// What all packets of one run share.
struct Format {
    plugin::HashKey key{};
    std::uint16_t id = 0; // in the ICMP header; the kernel's filter is on it
    // At least kStampBytes long, which are for number and token; the rest is the same in each packet.
    std::vector<std::uint8_t> payload;
};

// Counts upwards, so that a shifted byte shows as well as a changed one.
std::vector<std::uint8_t> counting_payload(std::size_t bytes);

// Writes the echo request of a family (4 or 6) into `packet`, kHeaderBytes longer than the payload. ICMPv6's checksum
// covers addresses, so the kernel fills it in.
void build_request(const Format &format, std::uint32_t family, std::uint64_t number, std::span<std::uint8_t> packet);

// Something that came in and carries our id.
struct Arrival {
    enum class Kind {
        reply,
        error,
    };
    Kind kind = Kind::reply;
    bool authentic = false;     // the token is right; then `number` is known
    bool intact = false;        // a reply whose every byte is as sent
    std::uint64_t number = 0;   // if authentic
    std::uint16_t sequence = 0; // the low 16 bits of the number
    sonde_ip from{};
    sonde_ip sent_to{}; // an error: the destination of the packet it quotes; a reply: same as `from`
    std::optional<int> ttl;
    std::optional<std::uint32_t> mtu; // an error because of the size: what fits the next hop
    std::uint8_t icmp_type = 0;
    std::uint8_t icmp_code = 0;
};

// What a raw ICMP socket received, IPv4 header included. The kernel does not check the checksum for a raw socket; here
// an error with a wrong one is nothing, a reply with a wrong one is not intact. `cut`: the end is missing. Nothing if
// it is not ours.
std::optional<Arrival> parse_v4(const Format &format, Bytes packet, bool cut);

// What the IPv6 header, which a raw socket does not hand over, says of a message.
struct Route6 {
    sonde_ip from;
    std::optional<sonde_ip> to; // without it the checksum cannot be judged, and is taken for right
    std::optional<int> ttl;
};

// What a raw ICMPv6 socket received, from the ICMPv6 header on. The checksum, which the socket must not have the kernel
// check, means the same as with parse_v4.
std::optional<Arrival> parse_v6(const Format &format, Bytes message, bool cut, const Route6 &route);

// Our request in a packet that the kernel loops back with a transmit stamp.
struct Looped {
    std::uint64_t number;
    sonde_ip source; // family 0 where it cannot be told
};

// Finds it whatever headers stand before it: how many there are depends on the interface.
std::optional<Looped> find_request(const Format &format, Bytes looped);

// The Internet checksum (RFC 1071) over `bytes`; 0 over a message that includes a right one.
std::uint16_t checksum(Bytes bytes);

bool same_address(const sonde_ip &left, const sonde_ip &right);

} // namespace sonde::ping
