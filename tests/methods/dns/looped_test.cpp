#include "looped.hpp"

#include "support/catch.hpp"

#include <random>
#include <vector>

using namespace sonde::dns;

namespace {

using Packet = std::vector<std::uint8_t>;

constexpr std::uint16_t kPort = 0x1234;

// UDP from kPort to 53 with a query of the id 0xbeef.
Packet datagram()
{
    return {0x12, 0x34, 0, 53, 0, 20, 0, 0, 0xbe, 0xef, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
}

Packet in_v4(const Packet &payload, std::size_t options = 0)
{
    const std::size_t header = 20 + options, size = header + payload.size();
    Packet packet(header);
    packet[0] = static_cast<std::uint8_t>(0x40 | header / 4);
    packet[2] = static_cast<std::uint8_t>(size >> 8);
    packet[3] = static_cast<std::uint8_t>(size & 0xff);
    packet[9] = 17;
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
}

Packet in_v6(const Packet &payload)
{
    Packet packet(40);
    packet[0] = 0x60;
    packet[5] = static_cast<std::uint8_t>(payload.size());
    packet[6] = 17;
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
}

} // namespace

TEST_CASE("the id is found in IPv4 and IPv6, behind any link's header")
{
    for (const Packet &packet : {in_v4(datagram()), in_v4(datagram(), 8), in_v6(datagram())}) {
        for (const std::size_t link : {0u, 4u, 14u, 16u, 18u, 22u}) {
            Packet looped(link, 0x45); // looks like IPv4
            looped.insert(looped.end(), packet.begin(), packet.end());
            CHECK(looped_id(looped, kPort) == 0xbeef);
        }
    }
}

TEST_CASE("what is not ours, not UDP or not whole has no id")
{
    CHECK_FALSE(looped_id(in_v4(datagram()), kPort + 1));
    CHECK_FALSE(looped_id({}, kPort));
    for (Packet packet : {in_v4(datagram()), in_v6(datagram())}) {
        Packet other = packet;
        other[other[0] >> 4 == 4 ? 9 : 6] = 6;
        CHECK_FALSE(looped_id(other, kPort));
        while (!packet.empty()) {
            packet.pop_back();
            CHECK_FALSE(looped_id(packet, kPort));
        }
    }
}

TEST_CASE("no packet makes the reader go beyond it")
{
    std::mt19937 random(4);
    for (int round = 0; round < 100000; ++round) {
        Packet packet = random() % 2 == 0 ? in_v4(datagram()) : in_v6(datagram());
        for (std::uint32_t flips = random() % 4; flips > 0; --flips)
            packet[random() % packet.size()] = static_cast<std::uint8_t>(random());
        const Packet exact(packet.begin(),
                           packet.begin() + static_cast<std::ptrdiff_t>(random() % (packet.size() + 1)));
        (void)looped_id(exact, kPort);
    }
    SUCCEED();
}
