#include "fingerprint.hpp"

#include <array>
#include <cstring>

namespace sonde::passive_syn {

namespace {

constexpr std::size_t kPorts = 4, kSequenceAt = 4, kAcknowledgementAt = 8;

// The sequence number that a SYN had whose answer acknowledges the one behind it.
void put_less_one(std::uint8_t *to, const std::uint8_t *number)
{
    bool borrow = true;
    for (int i = 3; i >= 0; --i) {
        to[i] = static_cast<std::uint8_t>(number[i] - (borrow ? 1 : 0));
        borrow = borrow && number[i] == 0;
    }
}

} // namespace

std::uint64_t Fingerprints::of(const Classified &packet, Direction direction) const
{
    const std::size_t address = packet.family == 4 ? 4 : 16;
    std::array<std::uint8_t, 2 * 16 + kPorts + 4 + 1> bytes;
    std::uint8_t *ports = &bytes[2 * address], *sequence = ports + kPorts;
    const bool answers = packet.segment != Segment::syn;
    if (answers) {
        std::memcpy(bytes.data(), packet.addresses + address, address);
        std::memcpy(&bytes[address], packet.addresses, address);
        std::memcpy(ports, packet.tcp + 2, 2);
        std::memcpy(ports + 2, packet.tcp, 2);
        put_less_one(sequence, packet.tcp + kAcknowledgementAt);
    } else {
        std::memcpy(bytes.data(), packet.addresses, 2 * address);
        std::memcpy(ports, packet.tcp, kPorts);
        std::memcpy(sequence, packet.tcp + kSequenceAt, 4);
    }
    sequence[4] = (direction == Direction::in) != answers ? 0 : 1;
    return sonde::plugin::keyed_hash(key_, {bytes.data(), static_cast<std::size_t>(sequence + 5 - bytes.data())});
}

} // namespace sonde::passive_syn
