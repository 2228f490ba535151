#include "segment.hpp"

#include <algorithm>

namespace sonde::passive_syn {

namespace {

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kVlan = 0x8100, kProviderVlan = 0x88a8, kPppoe = 0x8864;
constexpr std::uint16_t kPppIpv4 = 0x0021, kPppIpv6 = 0x0057;
constexpr std::uint8_t kTcp = 6, kHopByHop = 0, kRouting = 43, kFragment = 44, kAuthentication = 51,
                       kDestinationOptions = 60, kMobility = 135, kHip = 139, kShim6 = 140;
constexpr std::uint8_t kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr std::size_t kEthernet = 14, kVlanTag = 4, kPppoeAndPpp = 8, kHeader4Min = 20, kHeader6 = 40, kTcpFlags = 13;
// More headers than these in one packet are an attack, not traffic.
constexpr int kExtensionsMax = 16, kTagsMax = 4;

std::uint16_t big16(Bytes bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::optional<Segment> tcp(Bytes segment)
{
    if (segment.size() <= kTcpFlags)
        return Segment::unparsed;
    const std::uint8_t flags = segment[kTcpFlags];
    if ((flags & kRst) != 0) {
        const bool answers_syn = (flags & kAck) != 0 && big16(segment, 4) == 0 && big16(segment, 6) == 0;
        return answers_syn ? std::optional(Segment::rst) : std::nullopt;
    }
    if ((flags & kSyn) == 0)
        return std::nullopt;
    return (flags & kAck) != 0 ? Segment::syn_ack : Segment::syn;
}

std::optional<Segment> ipv4(Bytes packet)
{
    if (packet.size() < kHeader4Min)
        return Segment::unparsed;
    if (packet[9] != kTcp || (big16(packet, 6) & 0x1fff) != 0)
        return std::nullopt;
    const std::size_t header = (packet[0] & 0xfu) * 4u;
    const std::size_t total = big16(packet, 2); // 0: too long for the field, made by our own offload
    if (header < kHeader4Min || packet.size() < header || (total != 0 && total < header))
        return Segment::unparsed;
    // What lies behind the packet's own end is padding.
    const std::size_t end = total == 0 ? packet.size() : std::min(packet.size(), total);
    return tcp(packet.subspan(header, end - header));
}

std::optional<Segment> ipv6(Bytes packet)
{
    if (packet.size() < kHeader6)
        return Segment::unparsed;
    const std::size_t payload = big16(packet, 4); // 0: too long for the field
    if (payload != 0 && kHeader6 + payload < packet.size())
        packet = packet.first(kHeader6 + payload);
    std::uint8_t next = packet[6];
    std::size_t at = kHeader6;
    for (int i = 0; i < kExtensionsMax; ++i) {
        if (next == kTcp)
            return tcp(packet.subspan(at));
        const bool sized = next == kHopByHop || next == kRouting || next == kDestinationOptions || next == kMobility ||
                           next == kHip || next == kShim6;
        if (!sized && next != kFragment && next != kAuthentication)
            return std::nullopt;
        if (at + 8 > packet.size())
            return Segment::unparsed;
        if (next == kFragment && (big16(packet, at + 2) & 0xfff8) != 0)
            return std::nullopt;
        const std::size_t units = packet[at + 1];
        const std::size_t length = sized ? (units + 1) * 8 : next == kAuthentication ? (units + 2) * 4 : 8;
        next = packet[at];
        if (at + length > packet.size())
            return Segment::unparsed;
        at += length;
    }
    return Segment::unparsed;
}

std::optional<Classified> ip(std::uint32_t family, Bytes packet)
{
    const auto segment = family == 4 ? ipv4(packet) : ipv6(packet);
    return segment ? std::optional(Classified{family, *segment}) : std::nullopt;
}

} // namespace

std::optional<Classified> classify(Link link, Bytes frame)
{
    if (link == Link::bare) {
        if (frame.empty() || (frame[0] >> 4 != 4 && frame[0] >> 4 != 6))
            return std::nullopt;
        return ip(frame[0] >> 4, frame);
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
        return ip(4, rest);
    if (type == kIpv6)
        return ip(6, rest);
    return std::nullopt;
}

} // namespace sonde::passive_syn
