#include "channel/message.hpp"
#include "channel/url.hpp"
#include "channel/wire.hpp"

#include "support/catch.hpp"

using namespace sonde::channel;
using namespace std::chrono_literals;

TEST_CASE("header fields are found without regard to case, and set replaces all of a name")
{
    Headers headers;
    headers.add("ETag", "\"1\"");
    headers.add("etag", "\"2\"");
    CHECK(headers.get("ETAG") == "\"1\"");
    headers.set("Etag", "\"3\"");
    CHECK(headers.get("etag") == "\"3\"");
    CHECK(std::distance(headers.begin(), headers.end()) == 1);
    CHECK_FALSE(headers.get("none"));
}

TEST_CASE("a wait is preferred only by a whole positive number of seconds, and never for longer than we allow")
{
    const auto wait = [](std::string value) {
        Headers headers;
        headers.add("Prefer", std::move(value));
        return preferred_wait(headers, 60s);
    };
    CHECK(wait("wait=10") == 10s);
    CHECK(wait("respond-async, Wait=10") == 10s);
    CHECK(wait("wait=600") == 60s);
    CHECK(wait("wait=-1") == 0s);
    CHECK(wait("wait=") == 0s);
    CHECK(wait("wait=1x") == 0s);
    CHECK(wait("wait=99999999999999999999") == 0s);
    CHECK(preferred_wait({}, 60s) == 0s);
}

TEST_CASE("an entity tag is matched weakly among several")
{
    const auto hits = [](std::string value) {
        Headers headers;
        headers.add("If-None-Match", std::move(value));
        return none_match_hits(headers, "\"b\"");
    };
    CHECK(hits("\"b\""));
    CHECK(hits("\"a\", \"b\""));
    CHECK(hits("W/\"b\""));
    CHECK(hits("*"));
    CHECK_FALSE(hits("\"a\""));
    CHECK_FALSE(hits("b"));
    CHECK_FALSE(none_match_hits({}, "\"b\""));
}

TEST_CASE("an entity tag is a short quoted word of printable ASCII, or none")
{
    CHECK(entity_tag("\"a-1\"") == "a-1");
    CHECK(entity_tag(" W/\"a,b\" ") == "a,b");
    CHECK(entity_tag('"' + std::string(kEntityTagBytesMax, 'a') + '"') == std::string(kEntityTagBytesMax, 'a'));
    for (const std::string &wrong :
         {std::string(), std::string("\""), std::string("\"\""), std::string("a"), std::string("\"a"),
          std::string("w/\"a\""), std::string("\"a b\""), std::string("\"a\"b\""), std::string("\"a\", \"b\""),
          std::string("\"\xc3\xa4\""), std::string("\"a\0b\"", 5), std::string("\"\x7f\""),
          '"' + std::string(kEntityTagBytesMax + 1, 'a') + '"'})
        CHECK_FALSE(entity_tag(wrong));
}

TEST_CASE("a refusal tells its reason and path to a client and to the log")
{
    const auto response = refuse(400, "no event named 'y' \"", "/ietf-lmap-control:lmap");
    CHECK(response.refusal == "/ietf-lmap-control:lmap: no event named 'y' \"");
    CHECK(reason_of(response) == response.refusal);
    CHECK(response.content_type == kYangJson);
    CHECK(response.body.find("\"error-path\":\"/ietf-lmap-control:lmap\"") != std::string::npos);
    CHECK(reason_of(refuse(413, "too big")) == "too big");
}

TEST_CASE("an answer that carries no reason is told by its status")
{
    CHECK(reason_of({.status = 503}) == "Service Unavailable");
    for (const char *body : {"<html>", "{", "[]", "{\"ietf-restconf:errors\":{\"error\":[{\"error-message\":7}]}}"}) {
        Response response{.status = 404};
        response.body = body;
        CHECK(reason_of(response) == "Not Found");
    }
    Response deep{.status = 400};
    deep.body = std::string(100'000, '[');
    CHECK(reason_of(deep) == "Bad Request");
}

TEST_CASE("a role is required by a 403 that says which")
{
    Request request;
    CHECK(require_role(request, {Role::agent})->status == 403);
    request.peer = PeerIdentity{.role = Role::agent};
    CHECK_FALSE(require_role(request, {Role::operator_, Role::agent}));
    const auto refused = require_role(request, {Role::operator_, Role::controller});
    REQUIRE(refused);
    CHECK(refused->refusal == "role agent, but this is for role operator or controller");
}

TEST_CASE("a server's URL is scheme, host and port and nothing else")
{
    CHECK(to_string(*parse_url("https://controller.example")) == "https://controller.example:443");
    CHECK(to_string(*parse_url("http://127.0.0.1/")) == "http://127.0.0.1:80");
    CHECK(to_string(*parse_url("https://[::1]:8443")) == "https://[::1]:8443");
    CHECK(parse_url("https://[::1]:8443")->host == "::1");
    for (const char *bad :
         {"", "controller", "ftp://x", "https://", "https://:1", "https://x:0", "https://x:65536", "https://x:1x",
          "https://x/path", "https://u@x", "https://[::1", "https://[::1]x", "https://a b", "https://x\r\ny"}) {
        INFO(bad);
        CHECK_FALSE(parse_url(bad));
    }
}

TEST_CASE("percent-encoding comes back as it was, and damaged encoding is refused with its place")
{
    const std::string text("a/b:c ?&=%\0\xc3\xa4", 13);
    CHECK(percent_encode(text) == "a/b:c%20%3F%26%3D%25%00%C3%A4");
    CHECK(*percent_decode(percent_encode(text)) == text);
    CHECK(percent_decode("ab%4").error().where == "offset 2");
    CHECK_FALSE(percent_decode("%zz"));
    CHECK_FALSE(percent_decode("%"));
}

TEST_CASE("a request target becomes a path and its query, or is refused")
{
    Request request;
    REQUIRE(parse_target("/restconf/data/ietf-lmap-control%3Almap?a=1&b=x%26y&&c", request));
    CHECK(request.path == "/restconf/data/ietf-lmap-control:lmap");
    CHECK(request.query_value("a") == "1");
    CHECK(request.query_value("b") == "x&y");
    CHECK(request.query_value("c") == "");
    CHECK_FALSE(request.query_value("d"));

    Request absolute;
    REQUIRE(parse_target("http://host:80/x?y=1", absolute));
    CHECK(absolute.path == "/x");
    CHECK(absolute.query_value("y") == "1");

    for (const char *bad : {"", "*", "host:443", "/a%2Fb", "/a%00", "/%", "/?a=%zz"}) {
        INFO(bad);
        Request refused;
        CHECK_FALSE(parse_target(bad, refused));
    }
}

TEST_CASE("a line break in a field's value cannot begin another field")
{
    Request request;
    request.headers.add("If-None-Match", "\"x\"\r\nEvil: yes");
    CHECK(request_head(request, {}).find("\r\nEvil") == std::string::npos);
    Response response;
    response.headers.add("ETag", "\"x\"\nEvil: yes");
    CHECK(response_head(response, Framing::none, 0, true).find("\nEvil") == std::string::npos);
}

TEST_CASE("an address to listen on is numeric, with brackets around IPv6")
{
    CHECK(to_text(*parse_endpoint("127.0.0.1:80")) == "127.0.0.1:80");
    CHECK(to_text(*parse_endpoint("[::1]:0")) == "[::1]:0");
    for (const char *bad : {"", ":80", "80", "127.0.0.1", "::1:80", "[127.0.0.1]:80", "localhost:80", "127.0.0.1:65536",
                            "127.0.0.1:", "127.0.0.1:-1", "[::1]"}) {
        INFO(bad);
        CHECK_FALSE(parse_endpoint(bad));
    }
}
