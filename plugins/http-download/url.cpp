#include "url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace sonde::http_download {
namespace {

constexpr std::size_t kUrlBytesMax = 4096;

bool is_visible_ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix)
{
    return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
               return a == std::tolower(static_cast<unsigned char>(b));
           });
}

bool is_host(std::string_view host, bool bracketed)
{
    const std::string_view others = bracketed ? ":.%" : ".-_";
    return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [&](unsigned char c) {
        return std::isalnum(c) || others.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

} // namespace

Checked<Url> parse_url(std::string_view text)
{
    if (text.size() > kUrlBytesMax)
        return Complaint{"the URL is longer than 4096 bytes"};
    if (!is_visible_ascii(text))
        return Complaint{"the URL holds a space, a control character or a letter beyond ASCII; encode it"};
    Url url;
    if (starts_with_ignoring_case(text, "https://"))
        url.tls = true;
    else if (!starts_with_ignoring_case(text, "http://"))
        return Complaint{"the URL does not begin with http:// or https://"};
    text.remove_prefix(url.tls ? 8 : 7);
    text = text.substr(0, text.find('#'));

    const auto authority_end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, authority_end);
    url.target = text.substr(authority_end);
    if (url.target.empty() || url.target.front() == '?')
        url.target.insert(0, 1, '/');
    if (authority.find('@') != std::string_view::npos)
        return Complaint{"the URL names a user; results would show it"};

    const bool bracketed = !authority.empty() && authority.front() == '[';
    std::string_view rest;
    if (bracketed) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos)
            return Complaint{"the URL's address has no closing bracket"};
        url.host = authority.substr(1, close - 1);
        rest = authority.substr(close + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        url.host = authority.substr(0, colon);
        rest = authority.substr(colon);
    }
    if (!is_host(url.host, bracketed))
        return Complaint{"the URL's host is missing or malformed"};

    const std::uint16_t own_port = url.tls ? 443 : 80;
    url.port = own_port;
    if (!rest.empty() && rest != ":") {
        const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
        if (!port)
            return Complaint{"the URL's port is not a number from 1 to 65535"};
        url.port = *port;
    }
    // A zone of a link-local address means something on this machine only (RFC 6874 section 3).
    const std::string named = bracketed ? "[" + url.host.substr(0, url.host.find('%')) + "]" : url.host;
    url.host_header = url.port == own_port ? named : named + ":" + std::to_string(url.port);
    return url;
}

} // namespace sonde::http_download
