#include "policy/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace sonde::policy {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Address v4(const std::uint8_t *bytes)
{
    Address address;
    std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
    std::copy(bytes, bytes + 4, address.bytes.begin() + 12);
    return address;
}

bool same_bits(const Address &a, const Address &b, unsigned bits)
{
    const std::size_t whole = bits / 8;
    if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin()))
        return false;
    return bits % 8 == 0 || (a.bytes[whole] ^ b.bytes[whole]) >> (8 - bits % 8) == 0;
}

bool begins_with(const Address &address, std::initializer_list<std::uint8_t> prefix)
{
    return std::equal(prefix.begin(), prefix.end(), address.bytes.begin());
}

// The IPv4 address that a translator or tunnel would send to: NAT64 (RFC 6052), 6to4 (RFC 3056), IPv4-compatible.
std::optional<Address> inside(const Address &address)
{
    if (begins_with(address, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}) ||
        begins_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))
        return v4(&address.bytes[12]);
    if (begins_with(address, {0x20, 0x02}))
        return v4(&address.bytes[2]);
    return std::nullopt;
}

} // namespace

bool Address::is_v4() const
{
    return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

Result<Address> parse_address(std::string_view text)
{
    // inet_pton takes no octal, no hexadecimal, no zone and no short form, as inet_aton would; it wants a terminator,
    // and would stop at one inside.
    const std::string terminated(text);
    if (text.find('\0') == std::string_view::npos) {
        std::array<std::uint8_t, 4> four{};
        if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1)
            return v4(four.data());
        Address address;
        if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1)
            return address;
    }
    return Error{"", "'" + std::string(text.substr(0, 64)) + "' is not an IP address", ""};
}

std::string to_string(const Address &address)
{
    char text[INET6_ADDRSTRLEN];
    if (address.is_v4())
        return inet_ntop(AF_INET, &address.bytes[12], text, sizeof text);
    return inet_ntop(AF_INET6, address.bytes.data(), text, sizeof text);
}

const char *never_a_target(const Address &address)
{
    if (address == Address{})
        return "is the unspecified address";
    if (!address.is_v4())
        return address.bytes[0] == 0xff ? "is a multicast address" : nullptr;
    if (address.bytes[12] == 0)
        return "is in 0.0.0.0/8, this machine";
    if (address.bytes[12] >= 224 && address.bytes[12] < 240)
        return "is a multicast address";
    const std::uint8_t broadcast[] = {255, 255, 255, 255};
    return address == v4(broadcast) ? "is the broadcast address" : nullptr;
}

std::optional<std::string> local_network(const Address &address)
{
    static constexpr std::pair<const char *, const char *> kNetworks[] = {
        {"127.0.0.0/8", "this machine"},
        {"::1/128", "this machine"},
        {"10.0.0.0/8", "a private network"},
        {"172.16.0.0/12", "a private network"},
        {"192.168.0.0/16", "a private network"},
        {"fc00::/7", "a private network"},
        {"169.254.0.0/16", "the local link"},
        {"fe80::/10", "the local link"},
        {"100.64.0.0/10", "the provider's own network"},
    };
    for (const auto &[range, what] : kNetworks)
        if (parse_range(range)->contains(address, true))
            return std::string(range) + ", " + what;
    return std::nullopt;
}

bool Range::contains(const Address &address, bool or_inside) const
{
    // No IPv6 range holds IPv4 addresses but by their own 96 bits: ::/0 says nothing about 192.0.2.1.
    if (same_bits(first, address, bits) && (first.is_v4() && bits >= 96) == address.is_v4())
        return true;
    if (!or_inside)
        return false;
    const std::optional<Address> carried = inside(address);
    return carried && contains(*carried);
}

Result<Range> parse_range(std::string_view text)
{
    const std::size_t slash = text.find('/');
    const Result<Address> address = parse_address(text.substr(0, slash));
    if (!address)
        return address.error();
    Range range{*address, 128};
    if (slash == std::string_view::npos)
        return range;
    const std::string_view digits = text.substr(slash + 1);
    const unsigned offset = address->is_v4() ? 96 : 0;
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || length > 128 - offset ||
        (address->is_v4() && text.find(':') != std::string_view::npos))
        return Error{"", "'" + std::string(text.substr(0, 64)) + "' has a wrong prefix length",
                     address->is_v4() ? "0 to 32, behind an address like 192.0.2.0" : "0 to 128"};
    range.bits = length + offset;
    Address clean = range.first;
    for (unsigned bit = range.bits; bit < 128; ++bit)
        clean.bytes[bit / 8] = static_cast<std::uint8_t>(clean.bytes[bit / 8] & ~(0x80U >> (bit % 8)));
    if (clean != range.first)
        return Error{"", "'" + std::string(text.substr(0, 64)) + "' has bits set behind its prefix",
                     "the range is " + to_string(clean) + "/" + std::string(digits)};
    return range;
}

} // namespace sonde::policy
