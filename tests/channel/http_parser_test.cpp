#include "channel/http_parser.hpp"

#include "channel/status.hpp"

#include "support/catch.hpp"

using namespace sonde::channel;

namespace {

struct Parsed {
    ParseError error;
    bool done;
    std::string body;
    std::string rest;
};

// As a connection does it, the bytes arriving `step` at a time.
Parsed parse(HttpParser &parser, std::string_view bytes, std::size_t step)
{
    std::string unread;
    ParseError error;
    std::string body;
    while (!parser.done()) {
        const auto taken = parser.put(unread, error);
        unread.erase(0, taken);
        body += parser.body();
        parser.body().clear();
        if (error)
            break;
        if (taken > 0 || parser.done())
            continue;
        if (bytes.empty())
            break;
        unread += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
    }
    return {error, parser.done(), body, unread + std::string(bytes)};
}

int status_of(std::string_view bytes)
{
    auto parser = HttpParser::request({1024, 64});
    return parse(parser, bytes, 4096).error.status;
}

} // namespace

TEST_CASE("a request is the same however its bytes are cut")
{
    const std::string bytes = "POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Y:  z \r\n\r\nhelloGET /";
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        auto parser = HttpParser::request({1024, 64});
        const auto parsed = parse(parser, bytes, step);
        REQUIRE_FALSE(parsed.error);
        REQUIRE(parsed.done);
        CHECK(parser.head().method == "POST");
        CHECK(parser.head().target == "/a?b=c");
        CHECK(parser.head().headers.get("x-y") == "z");
        CHECK(parsed.body == "hello");
        CHECK(parsed.rest == "GET /");
        CHECK(parser.keep_alive());
    }
}

TEST_CASE("a chunked body is the same however its bytes are cut, and its trailer is no header")
{
    const std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "5;ext=\"1\"\r\nhello\r\n1\r\n!\r\n0\r\nX-Late: yes\r\n\r\nrest";
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        auto parser = HttpParser::request({1024, 64});
        const auto parsed = parse(parser, bytes, step);
        REQUIRE_FALSE(parsed.error);
        REQUIRE(parsed.done);
        CHECK(parsed.body == "hello!");
        CHECK(parsed.rest == "rest");
        CHECK_FALSE(parser.head().headers.get("X-Late"));
    }
    for (std::size_t step = 1; step <= 5; ++step) {
        auto parser = HttpParser::request({1024, 64});
        const auto parsed =
            parse(parser, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", step);
        CHECK(parsed.done);
    }
}

TEST_CASE("bytes that are no request get the status that says why")
{
    CHECK(status_of("nonsense\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/2.0\r\n\r\n") == 505);
    CHECK(status_of("GET  HTTP/1.1\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nno colon\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nA: b\r\nContent-Length: x\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n") == 400);
    CHECK(status_of("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") == 400);
    CHECK(status_of("POST / HTTP/1.1\r\nContent-Length: 65\r\n\r\n") == 413);
    CHECK(status_of("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n") == 400);
    CHECK(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n") == 413);
    CHECK(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n12345") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nA: " + std::string(2000, 'a') + "\r\n\r\n") == 431);
    CHECK(status_of("GET /" + std::string(2000, 'a') + " HTTP/1.1\r\n\r\n") == 431);
}

TEST_CASE("a request whose end two readers could see differently is refused")
{
    CHECK(status_of("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n") == 400);
    CHECK(status_of("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
    CHECK(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n") == 400);
    CHECK(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n") == 501);
    CHECK(status_of("POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n") == 501);
}

TEST_CASE("a chunk's extension and a trailer cannot grow for ever")
{
    const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const auto &endless : {std::string("5;") + std::string(5000, 'e'), "0\r\nX: " + std::string(5000, 't')}) {
        auto parser = HttpParser::request({1024, 64});
        CHECK(parse(parser, head + endless, 100).error.status == 431);
    }
}

TEST_CASE("the end of the connection ends a response without length and cuts every other message")
{
    ParseError error;
    auto open_ended = HttpParser::response({1024, 64}, false);
    CHECK_FALSE(parse(open_ended, "HTTP/1.1 200 OK\r\n\r\nhello", 100).done);
    open_ended.put_end(error);
    CHECK_FALSE(error);
    CHECK(open_ended.done());
    CHECK_FALSE(open_ended.keep_alive());

    auto sized = HttpParser::response({1024, 64}, false);
    parse(sized, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 100);
    sized.put_end(error);
    CHECK(error.status == 400);

    auto nothing = HttpParser::response({1024, 64}, false);
    nothing.put_end(error);
    CHECK(error.status == 400);
}

TEST_CASE("the answer to a HEAD ends with its header")
{
    auto parser = HttpParser::response({1024, 64}, true);
    CHECK(parse(parser, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", 100).done);
}

TEST_CASE("a status has its phrase")
{
    CHECK(status_phrase(413) == "Payload Too Large");
    CHECK(status_phrase(799) == "Unknown Status");
}
