#include "plugin_host/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

namespace sonde::plugin_host {

namespace {

// Enough to recognise a value in an error, whatever was pasted.
constexpr std::size_t kShownBytes = 80;

Error wrong(std::string_view text, std::string_view what, std::string_view hint)
{
    std::string shown = "'" + std::string(text.substr(0, kShownBytes)) + (text.size() > kShownBytes ? "...' " : "' ");
    return Error{"", shown + std::string(what), std::string(hint)};
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct Unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr Unit kDurationUnits[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"min", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
};

constexpr Unit kSizeUnits[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1'000},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", 1LL << 10},
    {"MiB", 1LL << 20},
    {"GiB", 1LL << 30},
    {"TiB", 1LL << 40},
};

__extension__ using Wide = __int128;

enum class Scaled { ok, not_a_number, unknown_unit, not_whole, too_large };

// sign digits [. digits] unit, exactly: the product must be a whole number that fits.
Scaled scale(std::string_view text, std::span<const Unit> units, std::int64_t &value)
{
    const bool negative = text.starts_with('-');
    std::string_view rest = text.substr(negative ? 1 : 0);
    std::size_t end = 0;
    while (end < rest.size() && (is_digit(rest[end]) || rest[end] == '.'))
        ++end;
    const std::string_view number = rest.substr(0, end), unit_name = rest.substr(end);
    const std::size_t point = number.find('.');
    const std::string_view whole = number.substr(0, point);
    const std::string_view fraction = point == std::string_view::npos ? "" : number.substr(point + 1);
    if (whole.empty() || fraction.find('.') != std::string_view::npos ||
        (point != std::string_view::npos && fraction.empty()))
        return Scaled::not_a_number;
    const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit &u) { return u.name == unit_name; });
    if (unit == units.end())
        return Scaled::unknown_unit;
    constexpr Wide limit = std::numeric_limits<std::int64_t>::max();
    Wide total = 0;
    for (char c : whole) {
        total = total * 10 + (c - '0');
        if (total > limit)
            return Scaled::too_large;
    }
    total *= unit->factor;
    const std::string_view digits = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    if (digits.size() > 18)
        return Scaled::not_whole;
    Wide parts = 0, divisor = 1;
    for (char c : digits) {
        parts = parts * 10 + (c - '0');
        divisor *= 10;
    }
    if (parts * unit->factor % divisor != 0)
        return Scaled::not_whole;
    total += parts * unit->factor / divisor;
    if (total > limit)
        return Scaled::too_large;
    value = static_cast<std::int64_t>(negative ? -total : total);
    return Scaled::ok;
}

bool is_label(std::string_view label)
{
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}

} // namespace

Result<std::int64_t> parse_integer(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        return wrong(text, "is too large", "");
    if (error != std::errc() || end != text.data() + text.size())
        return wrong(text, "is not a whole number", "");
    return value;
}

Result<std::int64_t> parse_size(std::string_view text)
{
    std::int64_t value = 0;
    switch (scale(text, kSizeUnits, value)) {
    case Scaled::ok:
        return value;
    case Scaled::too_large:
        return wrong(text, "is too large", "");
    case Scaled::not_whole:
        return wrong(text, "is not a whole number of bytes", "");
    default:
        return wrong(text, "is not a size", "sizes look like 1500, 10MB or 4KiB");
    }
}

Result<std::int64_t> parse_duration(std::string_view text)
{
    if (text == "0")
        return 0;
    std::int64_t value = 0;
    switch (scale(text, kDurationUnits, value)) {
    case Scaled::ok:
        return value;
    case Scaled::too_large:
        return wrong(text, "is too large", "");
    case Scaled::not_whole:
        return wrong(text, "is finer than a nanosecond", "");
    case Scaled::unknown_unit:
        if (is_digit(text.back()))
            return wrong(text, "has no unit", "durations look like 10ms, 1.5s or 2h");
        [[fallthrough]];
    default:
        return wrong(text, "is not a duration", "durations look like 10ms, 1.5s or 2h");
    }
}

Result<double> parse_real(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return wrong(text, "is not a number", "");
    return value;
}

Result<bool> parse_bool(std::string_view text)
{
    if (text == "true" || text == "false")
        return text == "true";
    return wrong(text, "is neither true nor false", "");
}

Result<std::uint16_t> parse_port(std::string_view text)
{
    const Result<std::int64_t> value = parse_integer(text);
    if (!value || *value < 1 || *value > 65535)
        return wrong(text, "is not a port", "ports go from 1 to 65535");
    return static_cast<std::uint16_t>(*value);
}

Result<Address> parse_address(std::string_view text)
{
    Address address;
    const std::string terminated(text);
    if (terminated.find('\0') == std::string::npos) {
        address.family = 4;
        if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1)
            return address;
        address.family = 6;
        if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1)
            return address;
    }
    return wrong(text, "is not an IP address", "");
}

std::string address_text(std::span<const std::uint8_t> bytes)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (bytes.size() == 4)
        inet_ntop(AF_INET, bytes.data(), text, sizeof text);
    else if (bytes.size() == 16)
        inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    return text;
}

Result<void> check_host(std::string_view text)
{
    const std::size_t zone = text.find('%');
    if (parse_address(text.substr(0, zone))) {
        if (zone == std::string_view::npos)
            return {};
        const bool named = zone + 1 < text.size() && text.size() - zone - 1 < 16 &&
                           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(zone) + 1, text.end(),
                                       [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '%'; });
        if (named && text.find(':') < zone)
            return {};
        return wrong(text, "is not an address with a zone", "a zone names an interface: fe80::1%eth0");
    }
    std::string_view name = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
    if (name.size() > 253)
        return wrong(text, "is longer than a host name may be", "");
    std::string_view label;
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t dot = std::min(name.find('.', at), name.size());
        label = name.substr(at, dot - at);
        if (!is_label(label))
            return wrong(text, "is neither a host name nor an IP address", "");
        at = dot + 1;
    }
    // RFC 1123 2.1: a name whose last label is a number would be read as an (impossible) IPv4 address.
    if (std::all_of(label.begin(), label.end(), is_digit))
        return wrong(text, "is neither a host name nor an IP address", "");
    return {};
}

Result<void> check_url(std::string_view text)
{
    const Error error = wrong(text, "is not an absolute URL", "URLs look like https://host.example/path");
    if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c >= 0x7f || c < 0; }))
        return error;
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0 || is_digit(text[0]) ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; }))
        return error;
    std::string_view authority = text.substr(colon + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
        authority.remove_prefix(at + 1);
    std::string_view host = authority, port;
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos)
            return error;
        port = host.substr(end + 1);
        const Result<Address> address = parse_address(host.substr(1, end - 1));
        if (!address || address->family != 6 || (!port.empty() && port.front() != ':'))
            return error;
    } else {
        const std::size_t end = std::min(host.find(':'), host.size());
        port = host.substr(end);
        if (!check_host(host.substr(0, end)))
            return error;
    }
    if (port.size() > 1 && !parse_port(port.substr(1)))
        return error;
    return {};
}

std::string duration_text(std::int64_t nanoseconds)
{
    if (nanoseconds == 0)
        return "0s";
    static constexpr Unit units[] = {kDurationUnits[0], kDurationUnits[1], kDurationUnits[2],
                                     kDurationUnits[3], kDurationUnits[4], kDurationUnits[6]};
    const Unit *best = units;
    for (const Unit &unit : units)
        if (nanoseconds % unit.factor == 0)
            best = &unit;
    // 1.5s reads better than 1500ms; minutes and hours are kept whole.
    const Unit *larger = best + 1;
    if (best >= units && best < units + 3 && std::abs(nanoseconds / best->factor) >= 1000) {
        const std::int64_t whole = nanoseconds / larger->factor;
        std::string fraction = std::to_string(std::abs(nanoseconds / best->factor % 1000));
        fraction.insert(0, 3 - fraction.size(), '0');
        fraction.erase(fraction.find_last_not_of('0') + 1);
        return (nanoseconds < 0 && whole == 0 ? "-" : "") + std::to_string(whole) + "." + fraction +
               std::string(larger->name);
    }
    return std::to_string(nanoseconds / best->factor) + std::string(best->name);
}

} // namespace sonde::plugin_host
