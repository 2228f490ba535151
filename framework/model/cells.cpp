#include "model/cells.hpp"

#include "model/date_time.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cmath>

namespace sonde::model {

namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_bool(std::string_view text)
{
    return text == "true" || text == "false";
}

// Exactly as int_text() writes it: no plus sign, no leading zero, no minus zero.
bool is_int(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return false;
    const std::string_view digits = text.front() == '-' ? text.substr(1) : text;
    return digits == "0" ? text.size() == 1 : digits.front() != '0';
}

bool is_double(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

bool is_base64(std::string_view text)
{
    if (text.size() % 4 != 0)
        return false;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    return text.substr(0, text.size() - padding).find_first_not_of(kBase64) == std::string_view::npos;
}

// Nine decimals, a UTC `Z` and upper case tell a wall-clock timestamp from a monotonic one.
bool is_timestamp(std::string_view text)
{
    if (text.find('T') == std::string_view::npos)
        return is_int(text);
    return text.size() == 30 && text.back() == 'Z' && parse_date_time(text).has_value();
}

bool is_address(std::string_view text)
{
    std::array<unsigned char, 16> bytes;
    const std::string terminated(text);
    if (terminated.find('\0') != std::string::npos)
        return false;
    return inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1;
}

struct Type {
    std::string_view name;
    bool (*is_text)(std::string_view text);
};

constexpr std::array kTypes{
    Type{"string", is_yang_text}, Type{"int", is_int},   Type{"duration", is_int}, Type{"timestamp", is_timestamp},
    Type{"double", is_double},    Type{"bool", is_bool}, Type{"bytes", is_base64}, Type{"address", is_address},
};

const Type *find_type(std::string_view name)
{
    const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const Type &type) { return type.name == name; });
    return found == kTypes.end() ? nullptr : &*found;
}

} // namespace

std::string bool_text(bool value)
{
    return value ? "true" : "false";
}

std::string int_text(std::int64_t value)
{
    std::array<char, 24> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string double_text(double value)
{
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string bytes_text(std::span<const std::byte> value)
{
    std::string text;
    text.reserve((value.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < value.size(); i += 3) {
        const std::size_t given = std::min<std::size_t>(3, value.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (j < given ? std::to_integer<std::uint32_t>(value[i + j]) : 0);
        for (std::size_t j = 0; j < 4; ++j)
            text += j <= given ? kBase64[bits >> (18 - 6 * j) & 63] : '=';
    }
    return text;
}

std::optional<std::string> bytes_of(std::string_view text)
{
    if (!is_base64(text))
        return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size() && text[i] != '='; ++i) {
        bits = bits << 6 | static_cast<std::uint32_t>(kBase64.find(text[i]));
        // Each character but the first of four completes a byte.
        if (i % 4 != 0)
            bytes += static_cast<char>(bits >> (6 - 2 * (i % 4)) & 0xff);
    }
    return bytes;
}

std::string wall_text(WallTime value)
{
    return format_timestamp(value);
}

std::string monotonic_text(std::int64_t nanoseconds)
{
    return int_text(nanoseconds);
}

std::string duration_text(std::chrono::nanoseconds value)
{
    return int_text(value.count());
}

std::string address_text(std::span<const std::byte> value)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    // glibc writes IPv6 addresses as RFC 5952 section 4 asks.
    inet_ntop(value.size() == 4 ? AF_INET : AF_INET6, value.data(), text.data(), text.size());
    return text.data();
}

bool is_column_type(std::string_view type)
{
    return find_type(type) != nullptr;
}

bool is_cell_text(std::string_view type, std::string_view text)
{
    const Type *found = find_type(type);
    return found != nullptr && (found->name == "string" || found->name == "bytes" || !text.empty()) &&
           found->is_text(text);
}

} // namespace sonde::model
