#include "channel/wire.hpp"

#include "channel/status.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace sonde::channel {

namespace {

void add_field(std::string &head, std::string_view name, std::string_view value)
{
    const auto begin = head.size();
    head.append(name).append(": ").append(value);
    std::replace_if(
        head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
        [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    head += "\r\n";
}

std::string http_date()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[40];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

Result<void> parse_query(std::string_view query, Request &request)
{
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty())
            continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto key = percent_decode(pair.substr(0, equals));
        if (!key)
            return key.error();
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!value)
            return value.error();
        request.query.emplace_back(std::move(*key), std::move(*value));
    }
    return {};
}

} // namespace

std::string request_head(const Request &request, const Url &server)
{
    std::string head = request.method + ' ' + percent_encode(request.path);
    char separator = '?';
    for (const auto &[key, value] : request.query) {
        head += separator + percent_encode(key) + '=' + percent_encode(value);
        separator = '&';
    }
    head += " HTTP/1.1\r\n";
    const auto url = to_string(server);
    add_field(head, "Host", std::string_view(url).substr(url.find("//") + 2));
    for (const auto &[name, value] : request.headers)
        add_field(head, name, value);
    if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
        add_field(head, "Content-Length", std::to_string(request.body.size()));
    return head += "\r\n";
}

std::string response_head(const Response &response, Framing framing, std::uint64_t bytes, bool keep_alive)
{
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
    head.append(status_phrase(response.status)).append("\r\n");
    add_field(head, "Date", http_date());
    if (!response.content_type.empty())
        add_field(head, "Content-Type", response.content_type);
    for (const auto &[name, value] : response.headers)
        add_field(head, name, value);
    if (framing == Framing::length)
        add_field(head, "Content-Length", std::to_string(bytes));
    else if (framing == Framing::chunked)
        add_field(head, "Transfer-Encoding", "chunked");
    if (!keep_alive)
        add_field(head, "Connection", "close");
    return head += "\r\n";
}

Result<void> parse_target(std::string_view target, Request &request)
{
    if (target.starts_with("http://") || target.starts_with("https://")) {
        const auto slash = target.find('/', target.find("//") + 2);
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    if (!target.starts_with('/'))
        return Error{"request target", "it does not begin with '/'", ""};
    const auto question = std::min(target.find('?'), target.size());
    auto path = percent_decode(target.substr(0, question));
    if (!path)
        return Error{"request target", path.error().what, path.error().hint};
    // An encoded slash would be one here, and so name another resource than it did on the wire.
    if (std::count(path->begin(), path->end(), '/') !=
        std::count(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(question), '/'))
        return Error{"request target", "an encoded slash in the path", ""};
    if (path->find('\0') != std::string::npos)
        return Error{"request target", "a NUL in the path", ""};
    request.path = std::move(*path);
    if (auto query = parse_query(target.substr(std::min(question + 1, target.size())), request); !query)
        return Error{"request target", query.error().what, query.error().hint};
    return {};
}

std::string to_text(const asio::ip::tcp::endpoint &endpoint)
{
    const auto address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? '[' + address + ']' : address) + ':' + std::to_string(endpoint.port());
}

Result<asio::ip::tcp::endpoint> parse_endpoint(std::string_view text)
{
    const Error bad{std::string(text), "not an address to listen on", "127.0.0.1:8080, [::1]:0"};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return bad;
    auto host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    const auto digits = text.substr(colon + 1);
    unsigned port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || port > 65535)
        return bad;
    boost::system::error_code malformed;
    const auto address = asio::ip::make_address(std::string(host), malformed);
    if (malformed || address.is_v6() != bracketed)
        return bad;
    return asio::ip::tcp::endpoint(address, static_cast<std::uint16_t>(port));
}

} // namespace sonde::channel
