#pragma once

#include "channel/identity.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::channel {

namespace asio = boost::asio;

inline constexpr std::string_view kYangJson = "application/yang-data+json"; // RFC 8040 section 11.3.2

// Header fields in their order; names compare without case.
class Headers {
public:
    // The first field of that name.
    std::optional<std::string_view> get(std::string_view name) const;
    // Replaces all fields of that name.
    void set(std::string_view name, std::string value);
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// A request, the same on both sides. A client leaves `peer` and `remote` alone.
struct Request {
    std::string method = "GET";
    std::string path = "/"; // percent-decoded; an encoded slash or NUL never gets this far
    std::vector<std::pair<std::string, std::string>> query{}; // decoded, in order
    Headers headers{};
    std::string body{};
    std::uint64_t discarded_bytes = 0;  // of a body that the server was told to throw away
    std::optional<PeerIdentity> peer{}; // from the verified client certificate; empty where none is asked for
    std::string remote{};               // "127.0.0.1:40000" or "[::1]:40000"; above debug level it stays out of logs

    // The first query value of that name.
    std::optional<std::string_view> query_value(std::string_view name) const;
};

// Gives the next piece of a body, valid until the next call; an empty one is the end. Called on the connection's
// executor, after the previous piece was taken by the socket, so a body of any size needs the memory of one piece. On
// an error the connection is closed, so that a reader knows that the body is cut.
using BodyProducer = std::function<asio::awaitable<Result<std::string_view>>()>;

struct Response {
    int status = 200;
    Headers headers{};          // the server adds Content-Type, Content-Length, Date and Connection itself
    std::string content_type{}; // empty: none sent
    std::string body{};
    BodyProducer producer{};                       // instead of `body`
    std::optional<std::uint64_t> produced_bytes{}; // Content-Length of the produced body; chunked when absent
    // Why a request was refused: the server logs it, one warning line a refusal. See refuse().
    std::string refusal{};
};

// A refusal with an `ietf-restconf:errors` body (RFC 8040 section 7.1), logged once by the server as
// `request refused status=403 reason="..." ...`. `error_path` is the instance identifier of the offending node, if any.
Response refuse(int status, std::string reason, std::string_view error_path = {});

// The same for something read from the request: the error's `where` is the path of the offending node.
Response refuse(int status, const Error &error);

// The reason inside a response made by refuse(), or else the status's standard phrase: what a client shows a person.
std::string reason_of(const Response &response);

// A refusal with 403 unless the peer's certificate carries one of `roles`.
std::optional<Response> require_role(const Request &request, std::initializer_list<Role> roles);

// `Prefer: wait=N` (RFC 7240), at most `longest`; zero when absent or malformed.
std::chrono::seconds preferred_wait(const Headers &headers, std::chrono::seconds longest);

// The opaque tag of an entity tag as a field carries it (RFC 9110 section 8.8.3), without its quotation marks and
// without W/, since tags are only ever compared weakly here. Nothing for what is no tag, or longer than
// kEntityTagBytesMax: such a tag would go on into states, logs and further requests.
inline constexpr std::size_t kEntityTagBytesMax = 128;
std::optional<std::string> entity_tag(std::string_view field);

// Whether an If-None-Match (RFC 9110 section 13.1.2) names `etag` (with its quotes); false when the field is absent.
bool none_match_hits(const Headers &headers, std::string_view etag);

} // namespace sonde::channel
