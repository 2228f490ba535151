#include "channel/url.hpp"

#include <algorithm>
#include <charconv>

namespace sonde::channel {

namespace {

Result<std::uint16_t> parse_port(std::string_view text, std::string_view url)
{
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > 65535)
        return Error{std::string(url), "bad port '" + std::string(text) + "'", "1 to 65535"};
    return static_cast<std::uint16_t>(value);
}

bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_host(std::string_view host, bool bracketed)
{
    if (host.empty() || host.size() > 253)
        return false;
    const std::string_view more = bracketed ? ":.%-_" : ".-_";
    return std::all_of(host.begin(), host.end(),
                       [&](char c) { return is_alphanumeric(c) || more.find(c) != std::string_view::npos; });
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

} // namespace

Result<Url> parse_url(std::string_view text)
{
    static constexpr std::string_view kForm = "https://host:port or http://host:port";
    Url url;
    std::string_view rest = text;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
        url.tls = false;
        url.port = 80;
    } else {
        return Error{std::string(text), "not a server's URL", std::string(kForm)};
    }
    if (rest.ends_with('/'))
        rest.remove_suffix(1);
    const bool bracketed = rest.starts_with('[');
    const auto host_end = bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
    if (host_end == std::string_view::npos)
        return Error{std::string(text), "'[' without ']'", std::string(kForm)};
    url.host = rest.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
    rest.remove_prefix(host_end + (bracketed ? 1 : 0));
    if (!is_host(url.host, bracketed))
        return Error{std::string(text), "bad host '" + url.host + "'", std::string(kForm)};
    if (rest.empty())
        return url;
    if (!rest.starts_with(':'))
        return Error{std::string(text), "more than host and port", std::string(kForm)};
    auto port = parse_port(rest.substr(1), text);
    if (!port)
        return port.error();
    url.port = *port;
    return url;
}

std::string to_string(const Url &url)
{
    const bool brackets = url.host.find(':') != std::string::npos;
    return (url.tls ? "https://" : "http://") + (brackets ? "[" + url.host + "]" : url.host) + ":" +
           std::to_string(url.port);
}

std::string percent_encode(std::string_view text)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_alphanumeric(c) || std::string_view("-._~/:").find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return encoded;
}

Result<std::string> percent_decode(std::string_view text)
{
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return Error{"offset " + std::to_string(i), "'%' without two hexadecimal digits", "%25 for a '%'"};
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

} // namespace sonde::channel
