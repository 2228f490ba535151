// libFuzzer's target for HTTP messages: what a server reads of a client, and a client of a server. The first byte
// chooses which and in what pieces the bytes arrive; a message must be the same however they are cut.
#include "channel/http_parser.hpp"
#include "channel/url.hpp"
#include "channel/wire.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sonde::channel;

constexpr ParserLimits kLimits{1024, 4096};

struct Message {
    bool done = false;
    ParsedHead head;
    std::string body;
    std::size_t taken = 0;
};

// As a connection does it, the bytes arriving `step` at a time.
Message read(HttpParser parser, std::string_view bytes, std::size_t step)
{
    Message message;
    std::string unread;
    ParseError error;
    while (!parser.done()) {
        const std::size_t taken = parser.put(unread, error);
        if (taken > unread.size())
            std::abort();
        unread.erase(0, taken);
        message.taken += taken;
        message.body += parser.body();
        parser.body().clear();
        if (error && (error.status < 400 || error.status > 599 || error.reason.empty()))
            std::abort();
        // A connection keeps what was not taken: it must not grow without end.
        if (error || unread.size() > kLimits.header + step)
            break;
        if (taken > 0 || parser.done())
            continue;
        if (bytes.empty()) {
            parser.put_end(error);
            break;
        }
        unread += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
    }
    if (message.body.size() > kLimits.body)
        std::abort();
    message.done = parser.done() && !error;
    message.head = parser.head();
    return message;
}

bool same(const Headers &a, const Headers &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// What a server makes of a head.
void judge(const ParsedHead &head)
{
    Request request;
    request.headers = head.headers;
    if (parse_target(head.target, request)) {
        if (!request.path.starts_with('/') || request.path.find('\0') != std::string::npos)
            std::abort();
        // What goes out again is one head: no field's value begins another one.
        const std::string again = request_head(request, *parse_url("https://localhost:1"));
        if (again.find("\r\n\r\n") != again.size() - 4)
            std::abort();
    }
    static_cast<void>(preferred_wait(head.headers, std::chrono::seconds{60}));
    static_cast<void>(none_match_hits(head.headers, "\"1\""));
    const auto tag = entity_tag(head.headers.get("Sonde-Applied").value_or(""));
    if (tag && entity_tag('"' + *tag + '"') != tag)
        std::abort();
}

// What a client shows a person of an answer.
void show(const Message &message)
{
    Response response{.status = message.head.status, .headers = message.head.headers, .body = message.body};
    static_cast<void>(reason_of(response));
    static_cast<void>(entity_tag(response.headers.get("ETag").value_or("")));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
    const bool request = data[0] % 2 == 0;
    const auto parser = [&] {
        return request ? HttpParser::request(kLimits) : HttpParser::response(kLimits, data[0] % 4 == 1);
    };
    const Message whole = read(parser(), bytes, bytes.size() + 1);
    const Message cut = read(parser(), bytes, 1 + data[0] / 4);
    if (whole.done && cut.done &&
        (whole.head.method != cut.head.method || whole.head.target != cut.head.target ||
         whole.head.status != cut.head.status || !same(whole.head.headers, cut.head.headers) ||
         whole.body != cut.body || whole.taken != cut.taken))
        std::abort();
    if (request)
        judge(whole.head);
    else if (whole.done)
        show(whole);
    return 0;
}
