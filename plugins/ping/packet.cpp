#include "packet.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

namespace sonde::ping {

namespace {

constexpr std::uint8_t kEchoReply4 = 0, kEchoRequest4 = 8;
constexpr std::uint8_t kUnreachable4 = 3, kTimeExceeded4 = 11, kParameterProblem4 = 12;
constexpr std::uint8_t kFragmentationNeeded4 = 4; // a code of kUnreachable4
constexpr std::uint8_t kPacketTooBig6 = 2, kErrors6Max = 4, kEchoRequest6 = 128, kEchoReply6 = 129;
constexpr std::uint8_t kProtocolIcmp = 1, kProtocolFragment6 = 44, kProtocolIcmp6 = 58;
constexpr std::size_t kHeader4Min = 20, kHeader6 = 40, kFragmentHeader6 = 8;

std::uint16_t big16(const std::uint8_t *bytes)
{
    return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::uint64_t big64(const std::uint8_t *bytes)
{
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i)
        value = value << 8 | bytes[i];
    return value;
}

void put16(std::uint8_t *bytes, std::uint16_t value)
{
    bytes[0] = static_cast<std::uint8_t>(value >> 8);
    bytes[1] = static_cast<std::uint8_t>(value);
}

void put64(std::uint8_t *bytes, std::uint64_t value)
{
    for (int i = 7; i >= 0; --i, value >>= 8)
        bytes[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t token(const Format &format, const std::uint8_t *number_bytes)
{
    std::uint8_t signed_bytes[10];
    std::memcpy(signed_bytes, number_bytes, 8);
    put16(signed_bytes + 8, format.id);
    return plugin::keyed_hash(format.key, signed_bytes);
}

// The number of the request or reply that `message`, an ICMP header and what follows, carries with a right token.
std::optional<std::uint64_t> authentic_number(const Format &format, Bytes message)
{
    if (message.size() < kHeaderBytes + kStampBytes)
        return std::nullopt;
    const std::uint8_t *stamp = &message[kHeaderBytes];
    const std::uint64_t number = big64(stamp);
    if (big64(stamp + 8) != token(format, stamp) || big16(&message[6]) != static_cast<std::uint16_t>(number))
        return std::nullopt;
    return number;
}

bool as_sent(const Format &format, Bytes message)
{
    return message.size() == kHeaderBytes + format.payload.size() &&
           std::equal(message.begin() + kHeaderBytes + kStampBytes, message.end(),
                      format.payload.begin() + kStampBytes);
}

sonde_ip ip4(const std::uint8_t *bytes)
{
    sonde_ip ip{};
    ip.family = 4;
    std::memcpy(ip.bytes, bytes, 4);
    return ip;
}

sonde_ip ip6(const std::uint8_t *bytes)
{
    sonde_ip ip{};
    ip.family = 6;
    std::memcpy(ip.bytes, bytes, 16);
    return ip;
}

// Over the pseudo-header too (RFC 8200 section 8.1).
std::uint16_t checksum_v6(Bytes message, const sonde_ip &from, const sonde_ip &to)
{
    std::array<std::uint8_t, 40> pseudo{};
    std::copy_n(from.bytes, 16, pseudo.begin());
    std::copy_n(to.bytes, 16, pseudo.begin() + 16);
    put16(&pseudo[34], static_cast<std::uint16_t>(message.size()));
    pseudo[39] = kProtocolIcmp6;
    const unsigned sum = 0xffffu - checksum(pseudo) + (0xffffu - checksum(message));
    return static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
}

// The source in the IP header that ends at `at`, where our echo request begins.
sonde_ip source_before(Bytes looped, std::size_t at)
{
    if (looped[at] == kEchoRequest4 && at >= kHeader4Min && looped[at - kHeader4Min] == 0x45)
        return ip4(&looped[at - 8]);
    for (const std::size_t header : {kHeader6, kHeader6 + kFragmentHeader6}) {
        const std::uint8_t next = header == kHeader6 ? kProtocolIcmp6 : kProtocolFragment6;
        if (looped[at] == kEchoRequest6 && at >= header && looped[at - header] >> 4 == 6 &&
            looped[at - header + 6] == next)
            return ip6(&looped[at - header + 8]);
    }
    return {};
}

void take_number(const Format &format, Bytes message, Arrival &arrival)
{
    arrival.sequence = big16(&message[6]);
    if (const auto number = authentic_number(format, message)) {
        arrival.authentic = true;
        arrival.number = *number;
    }
}

// The quoted packet's ICMP message and destination, if it is an echo request with our id.
bool take_quote_v4(const Format &format, Bytes quote, Arrival &arrival)
{
    if (quote.size() < kHeader4Min || quote[0] >> 4 != 4 || quote[9] != kProtocolIcmp)
        return false;
    const std::size_t header = (quote[0] & 0xfu) * 4u;
    if (header < kHeader4Min || quote.size() < header + kHeaderBytes || (big16(&quote[6]) & 0x1fff) != 0)
        return false;
    const Bytes message = quote.subspan(header);
    if (message[0] != kEchoRequest4 || big16(&message[4]) != format.id)
        return false;
    arrival.sent_to = ip4(&quote[16]);
    take_number(format, message, arrival);
    return true;
}

bool take_quote_v6(const Format &format, Bytes quote, Arrival &arrival)
{
    if (quote.size() < kHeader6 || quote[0] >> 4 != 6)
        return false;
    std::size_t header = kHeader6;
    std::uint8_t next = quote[6];
    if (next == kProtocolFragment6 && quote.size() >= kHeader6 + kFragmentHeader6) {
        if ((big16(&quote[kHeader6 + 2]) & 0xfff8) != 0)
            return false;
        next = quote[kHeader6];
        header += kFragmentHeader6;
    }
    if (next != kProtocolIcmp6 || quote.size() < header + kHeaderBytes)
        return false;
    const Bytes message = quote.subspan(header);
    if (message[0] != kEchoRequest6 || big16(&message[4]) != format.id)
        return false;
    arrival.sent_to = ip6(&quote[24]);
    take_number(format, message, arrival);
    return true;
}

} // namespace

std::uint16_t checksum(Bytes bytes)
{
    std::uint64_t sum = 0;
    std::size_t i = 0;
    for (; i + 1 < bytes.size(); i += 2)
        sum += big16(&bytes[i]);
    if (i < bytes.size())
        sum += std::uint64_t{bytes[i]} << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

bool same_address(const sonde_ip &left, const sonde_ip &right)
{
    return left.family == right.family && std::memcmp(left.bytes, right.bytes, left.family == 4 ? 4 : 16) == 0;
}

std::vector<std::uint8_t> counting_payload(std::size_t bytes)
{
    std::vector<std::uint8_t> payload(bytes);
    std::iota(payload.begin(), payload.end(), std::uint8_t{0});
    return payload;
}

void build_request(const Format &format, std::uint32_t family, std::uint64_t number, std::span<std::uint8_t> packet)
{
    std::fill_n(packet.begin(), kHeaderBytes, std::uint8_t{0});
    packet[0] = family == 4 ? kEchoRequest4 : kEchoRequest6;
    put16(&packet[4], format.id);
    put16(&packet[6], static_cast<std::uint16_t>(number));
    put64(&packet[kHeaderBytes], number);
    put64(&packet[kHeaderBytes + 8], token(format, &packet[kHeaderBytes]));
    std::copy(format.payload.begin() + kStampBytes, format.payload.end(), packet.begin() + kHeaderBytes + kStampBytes);
    if (family == 4)
        put16(&packet[2], checksum(packet));
}

std::optional<Arrival> parse_v4(const Format &format, Bytes packet, bool cut)
{
    if (packet.size() < kHeader4Min || packet[0] >> 4 != 4 || packet[9] != kProtocolIcmp)
        return std::nullopt;
    const std::size_t header = (packet[0] & 0xfu) * 4u;
    if (header < kHeader4Min || packet.size() < header + kHeaderBytes)
        return std::nullopt;
    const Bytes message = packet.subspan(header);
    Arrival arrival;
    arrival.from = ip4(&packet[12]);
    arrival.ttl = packet[8];
    arrival.icmp_type = message[0];
    arrival.icmp_code = message[1];
    const bool sum_right = cut || checksum(message) == 0;
    if (message[0] == kEchoReply4) {
        if (big16(&message[4]) != format.id)
            return std::nullopt;
        arrival.sent_to = arrival.from;
        take_number(format, message, arrival);
        arrival.intact = arrival.authentic && !cut && sum_right && as_sent(format, message);
        return arrival;
    }
    if (message[0] != kUnreachable4 && message[0] != kTimeExceeded4 && message[0] != kParameterProblem4)
        return std::nullopt;
    arrival.kind = Arrival::Kind::error;
    if (message[0] == kUnreachable4 && message[1] == kFragmentationNeeded4 && big16(&message[6]) != 0)
        arrival.mtu = big16(&message[6]);
    if (!sum_right || !take_quote_v4(format, message.subspan(kHeaderBytes), arrival))
        return std::nullopt;
    return arrival;
}

std::optional<Arrival> parse_v6(const Format &format, Bytes message, bool cut, const Route6 &route)
{
    if (message.size() < kHeaderBytes)
        return std::nullopt;
    Arrival arrival;
    arrival.from = route.from;
    arrival.ttl = route.ttl;
    arrival.icmp_type = message[0];
    arrival.icmp_code = message[1];
    const bool sum_right = cut || !route.to || checksum_v6(message, route.from, *route.to) == 0;
    if (message[0] == kEchoReply6) {
        if (big16(&message[4]) != format.id)
            return std::nullopt;
        arrival.sent_to = route.from;
        take_number(format, message, arrival);
        arrival.intact = arrival.authentic && !cut && sum_right && as_sent(format, message);
        return arrival;
    }
    if (message[0] == 0 || message[0] > kErrors6Max)
        return std::nullopt;
    arrival.kind = Arrival::Kind::error;
    if (message[0] == kPacketTooBig6)
        arrival.mtu = std::uint32_t{big16(&message[4])} << 16 | big16(&message[6]);
    if (!sum_right || !take_quote_v6(format, message.subspan(kHeaderBytes), arrival))
        return std::nullopt;
    return arrival;
}

std::optional<Looped> find_request(const Format &format, Bytes looped)
{
    // Ethernet and IPv4, bare IPv4, Ethernet and IPv6, bare IPv6 first; anything else by looking everywhere.
    constexpr std::size_t kUsual[] = {34, 20, 54, 40};
    auto found_at = [&](std::size_t at) -> std::optional<Looped> {
        if (at + kHeaderBytes + kStampBytes > looped.size())
            return std::nullopt;
        const Bytes message = looped.subspan(at);
        if ((message[0] != kEchoRequest4 && message[0] != kEchoRequest6) || big16(&message[4]) != format.id)
            return std::nullopt;
        const auto number = authentic_number(format, message);
        return number ? std::optional(Looped{*number, source_before(looped, at)}) : std::nullopt;
    };
    for (const std::size_t at : kUsual)
        if (const auto found = found_at(at))
            return found;
    for (std::size_t at = 0; at < looped.size(); ++at)
        if (const auto found = found_at(at))
            return found;
    return std::nullopt;
}

} // namespace sonde::ping
