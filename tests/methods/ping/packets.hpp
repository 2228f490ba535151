#pragma once

#include "packet.hpp"

#include <cstdint>
#include <initializer_list>
#include <vector>

// Packets as the network would hand them over, made for the tests of the parts that judge them.

namespace sonde::ping {

using Buffer = std::vector<std::uint8_t>;

inline sonde_ip ip4(std::initializer_list<int> bytes)
{
    sonde_ip ip{};
    ip.family = 4;
    std::size_t i = 0;
    for (const int byte : bytes)
        ip.bytes[i++] = static_cast<std::uint8_t>(byte);
    return ip;
}

inline sonde_ip ip6(int last)
{
    sonde_ip ip{};
    ip.family = 6;
    ip.bytes[0] = 0xfd;
    ip.bytes[15] = static_cast<std::uint8_t>(last);
    return ip;
}

inline const sonde_ip kMe = ip4({192, 0, 2, 1}), kTarget = ip4({192, 0, 2, 9}), kRouter = ip4({192, 0, 2, 254});

inline Format test_format()
{
    Format format;
    for (std::size_t i = 0; i < format.key.size(); ++i)
        format.key[i] = static_cast<std::uint8_t>(i * 7);
    format.id = 0x1234;
    format.payload = counting_payload(56);
    return format;
}

inline Buffer request(const Format &format, std::uint32_t family, std::uint64_t number)
{
    Buffer packet(kHeaderBytes + format.payload.size());
    build_request(format, family, number, packet);
    return packet;
}

// With the checksum made right again, as a host or router does.
inline Buffer with_checksum(Buffer message)
{
    message[2] = message[3] = 0;
    const std::uint16_t sum = checksum(message);
    message[2] = static_cast<std::uint8_t>(sum >> 8);
    message[3] = static_cast<std::uint8_t>(sum);
    return message;
}

inline Buffer reply(const Format &format, std::uint32_t family, std::uint64_t number)
{
    Buffer message = request(format, family, number);
    message[0] = family == 4 ? 0 : 129;
    return family == 4 ? with_checksum(message) : message;
}

inline Buffer in_ipv4(const Buffer &message, const sonde_ip &from, const sonde_ip &to, std::size_t options = 0)
{
    Buffer packet(20 + options);
    packet[0] = static_cast<std::uint8_t>(0x40 | packet.size() / 4);
    packet[8] = 57;
    packet[9] = 1;
    for (std::size_t i = 0; i < 4; ++i) {
        packet[12 + i] = from.bytes[i];
        packet[16 + i] = to.bytes[i];
    }
    packet.insert(packet.end(), message.begin(), message.end());
    return packet;
}

inline Buffer in_ipv6(const Buffer &message, const sonde_ip &from, const sonde_ip &to, bool fragment = false)
{
    Buffer packet(40);
    packet[0] = 0x60;
    packet[6] = fragment ? 44 : 58;
    packet[7] = 64;
    for (std::size_t i = 0; i < 16; ++i) {
        packet[8 + i] = from.bytes[i];
        packet[24 + i] = to.bytes[i];
    }
    if (fragment)
        packet.insert(packet.end(), {58, 0, 0, 1, 0, 0, 0, 9});
    packet.insert(packet.end(), message.begin(), message.end());
    return packet;
}

inline Buffer error(std::uint8_t type, std::uint8_t code, const Buffer &quoted)
{
    Buffer message{type, code, 0, 0, 0, 0, 0, 0};
    message.insert(message.end(), quoted.begin(), quoted.end());
    return with_checksum(message);
}

inline Buffer cut(Buffer buffer, std::size_t length)
{
    buffer.resize(length);
    return buffer;
}

} // namespace sonde::ping
