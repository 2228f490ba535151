#pragma once

#include <cstdint>
#include <vector>

// Frames as an Ethernet interface would show them, made for the tests of the parts that judge them.

namespace sonde::passive_syn {

using Buffer = std::vector<std::uint8_t>;

constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kAck = 16, kEce = 64, kCwr = 128;

inline void put16(Buffer &buffer, std::size_t at, std::size_t value)
{
    buffer[at] = static_cast<std::uint8_t>(value >> 8);
    buffer[at + 1] = static_cast<std::uint8_t>(value);
}

inline Buffer operator+(Buffer left, const Buffer &right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline Buffer tcp(std::uint8_t flags, std::uint8_t sequence = 0)
{
    Buffer segment(20);
    segment[7] = sequence;
    segment[12] = 0x50;
    segment[13] = flags;
    return segment;
}

inline Buffer ipv4(const Buffer &payload, std::size_t options = 0, std::uint8_t protocol = 6, std::size_t fragment = 0)
{
    Buffer header(20 + options);
    header[0] = static_cast<std::uint8_t>(0x40 | header.size() / 4);
    put16(header, 2, header.size() + payload.size());
    put16(header, 6, fragment);
    header[9] = protocol;
    return header + payload;
}

inline Buffer ipv6(const Buffer &payload, std::uint8_t next = 6)
{
    Buffer header(40);
    header[0] = 0x60;
    put16(header, 4, payload.size());
    header[6] = next;
    return header + payload;
}

// An extension header of 8 * (units + 1) bytes.
inline Buffer extension(std::uint8_t next, std::uint8_t units = 0)
{
    Buffer header((units + 1u) * 8u);
    header[0] = next;
    header[1] = units;
    return header;
}

inline Buffer ethernet(std::uint16_t type, const Buffer &payload)
{
    Buffer header(14);
    put16(header, 12, type);
    return header + payload;
}

inline Buffer vlan(std::uint16_t type, const Buffer &payload)
{
    Buffer tag(4);
    put16(tag, 2, type);
    return tag + payload;
}

inline Buffer pppoe(std::uint16_t protocol, const Buffer &payload)
{
    Buffer header{0x11, 0, 0, 1, 0, 0, 0, 0};
    put16(header, 4, payload.size() + 2);
    put16(header, 6, protocol);
    return header + payload;
}

} // namespace sonde::passive_syn
