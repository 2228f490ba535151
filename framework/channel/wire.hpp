#pragma once

#include "channel/message.hpp"
#include "channel/url.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::channel {

constexpr std::size_t kReadSize = 16 * 1024; // a TLS record, in bytes

// A request's first line and header. A line break inside a field, which would begin another, becomes a space.
std::string request_head(const Request &request, const Url &server);

enum class Framing { length, chunked, until_close, none };

// A response's first line and header; `bytes` for Framing::length.
std::string response_head(const Response &response, Framing framing, std::uint64_t bytes, bool keep_alive);

// Fills path and query from a request target (RFC 9112 section 3.2, origin and absolute form).
Result<void> parse_target(std::string_view target, Request &request);

// "127.0.0.1:80", "[::1]:80".
std::string to_text(const asio::ip::tcp::endpoint &endpoint);
// The same form back, numeric only: a name could be another address tomorrow.
Result<asio::ip::tcp::endpoint> parse_endpoint(std::string_view text);

} // namespace sonde::channel
