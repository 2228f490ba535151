#include "segment.hpp"

#include <algorithm>

namespace sonde::passive_syn {

namespace {

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kVlan = 0x8100, kProviderVlan = 0x88a8, kPppoe = 0x8864;
constexpr std::uint16_t kPppIpv4 = 0x0021, kPppIpv6 = 0x0057;
constexpr std::uint8_t kTcp = 6, kHopByHop = 0, kRouting = 43, kFragment = 44, kAuthentication = 51,
                       kDestinationOptions = 60, kMobility = 135, kHip = 139, kShim6 = 140;
constexpr std::uint8_t kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr std::size_t kEthernet = 14, kVlanTag = 4, kPppoeAndPpp = 8, kHeader4Min = 20, kHeader6 = 40, kTcpOffset = 12,
                      kTcpFlags = 13;
// More headers than these in one packet are an attack, not traffic.
constexpr int kExtensionsMax = 16, kTagsMax = 4;

std::uint16_t big16(Bytes bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::optional<Segment> judge(Bytes segment)
{
    const std::uint8_t flags = segment[kTcpFlags];
    if ((flags & kRst) != 0) {
        const bool answers_syn = (flags & kAck) != 0 && big16(segment, 4) == 0 && big16(segment, 6) == 0;
        return answers_syn ? std::optional(Segment::rst) : std::nullopt;
    }
    if ((flags & kSyn) == 0)
        return std::nullopt;
    return (flags & kAck) != 0 ? Segment::syn_ack : Segment::syn;
}

// `length` is the segment's own; the capture may have less of it.
std::optional<Classified> tcp(std::uint32_t family, const std::uint8_t *addresses, Bytes segment, std::size_t length)
{
    if (segment.size() <= kTcpFlags)
        return Classified{family, Segment::unparsed};
    const auto kind = judge(segment);
    if (!kind)
        return std::nullopt;
    const std::size_t header = (segment[kTcpOffset] >> 4) * 4u;
    return Classified{family, *kind, addresses, segment.data(), length > header};
}

std::optional<Classified> ipv4(Bytes packet)
{
    constexpr Classified kUnparsed{4, Segment::unparsed};
    if (packet.size() < kHeader4Min)
        return kUnparsed;
    if (packet[9] != kTcp || (big16(packet, 6) & 0x1fff) != 0)
        return std::nullopt;
    const std::size_t header = (packet[0] & 0xfu) * 4u;
    const std::size_t total = big16(packet, 2); // 0: too long for the field, made by our own offload
    if (header < kHeader4Min || packet.size() < header || (total != 0 && total < header))
        return kUnparsed;
    // What lies behind the packet's own end is padding.
    const std::size_t length = total == 0 ? packet.size() : total;
    const std::size_t end = std::min(packet.size(), length);
    return tcp(4, &packet[12], packet.subspan(header, end - header), length - header);
}

std::optional<Classified> ipv6(Bytes packet)
{
    constexpr Classified kUnparsed{6, Segment::unparsed};
    if (packet.size() < kHeader6)
        return kUnparsed;
    const std::size_t payload = big16(packet, 4); // 0: too long for the field
    const std::size_t length = payload == 0 ? packet.size() : kHeader6 + payload;
    packet = packet.first(std::min(packet.size(), length));
    std::uint8_t next = packet[6];
    std::size_t at = kHeader6;
    for (int i = 0; i < kExtensionsMax; ++i) {
        if (next == kTcp)
            return tcp(6, &packet[8], packet.subspan(at), length - at);
        const bool sized = next == kHopByHop || next == kRouting || next == kDestinationOptions || next == kMobility ||
                           next == kHip || next == kShim6;
        if (!sized && next != kFragment && next != kAuthentication)
            return std::nullopt;
        if (at + 8 > packet.size())
            return kUnparsed;
        if (next == kFragment && (big16(packet, at + 2) & 0xfff8) != 0)
            return std::nullopt;
        const std::size_t units = packet[at + 1];
        const std::size_t length = sized ? (units + 1) * 8 : next == kAuthentication ? (units + 2) * 4 : 8;
        next = packet[at];
        if (at + length > packet.size())
            return kUnparsed;
        at += length;
    }
    return kUnparsed;
}

} // namespace

std::optional<Classified> classify(Link link, Bytes frame)
{
    if (link == Link::bare) {
        if (frame.empty() || (frame[0] >> 4 != 4 && frame[0] >> 4 != 6))
            return std::nullopt;
        return frame[0] >> 4 == 4 ? ipv4(frame) : ipv6(frame);
    }
    if (frame.size() < kEthernet)
        return std::nullopt;
    std::uint16_t type = big16(frame, 12);
    Bytes rest = frame.subspan(kEthernet);
    for (int i = 0; i < kTagsMax && (type == kVlan || type == kProviderVlan); ++i) {
        if (rest.size() < kVlanTag)
            return std::nullopt;
        type = big16(rest, 2);
        rest = rest.subspan(kVlanTag);
    }
    if (type == kPppoe && rest.size() >= kPppoeAndPpp) {
        const std::uint16_t protocol = big16(rest, 6);
        type = protocol == kPppIpv4 ? kIpv4 : protocol == kPppIpv6 ? kIpv6 : 0;
        rest = rest.subspan(kPppoeAndPpp);
    }
    if (type == kIpv4)
        return ipv4(rest);
    if (type == kIpv6)
        return ipv6(rest);
    return std::nullopt;
}

} // namespace sonde::passive_syn
