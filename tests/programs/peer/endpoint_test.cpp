#include "programs/peer/endpoint.hpp"

#include "support/await.hpp"
#include "support/catch.hpp"

#include <set>

using namespace sonde;
using namespace sonde::peer;
using namespace std::chrono_literals;

namespace {

channel::Response get(const Endpoint &endpoint, std::string path, std::string method = "GET")
{
    channel::Request request{.method = std::move(method), .path = std::move(path)};
    return endpoint.answer(request);
}

// All that a producer makes.
Result<std::string> body_of(const channel::Response &response)
{
    std::string body;
    for (;;) {
        auto piece = test::await(response.producer());
        if (!piece)
            return piece.error();
        if (piece->empty())
            return body;
        body += *piece;
    }
}

} // namespace

TEST_CASE("sizes and durations carry a unit, and nothing else is taken for one")
{
    CHECK(*parse_bytes("0") == 0);
    CHECK(*parse_bytes("20MB") == 20'000'000);
    CHECK(*parse_bytes("3GB") == 3'000'000'000);
    CHECK(*parse_duration("1500ms") == 1500ms);
    CHECK(*parse_duration("2m") == 120s);
    for (const char *bad : {"", "-1", "1.5", "MB", "1 MB", "1mb", "99999999999999999999", "9999999999TB", "1s"}) {
        INFO(bad);
        CHECK_FALSE(parse_bytes(bad));
    }
    for (const char *bad : {"", "5", "-1s", "1h", "s", "99999999999999999999s"}) {
        INFO(bad);
        CHECK_FALSE(parse_duration(bad));
    }
}

TEST_CASE("a sized body has its length to the byte, and its bytes do not repeat")
{
    const Endpoint endpoint({});
    for (const std::uint64_t size : {0, 1, 262143, 262144, 262145, 3'000'001}) {
        const auto response = get(endpoint, "/bytes/" + std::to_string(size));
        CHECK(response.status == 200);
        CHECK(response.produced_bytes == size);
        const auto body = body_of(response);
        REQUIRE(body);
        CHECK(body->size() == size);
    }
    const auto megabyte = body_of(get(endpoint, "/bytes/1048576"));
    std::set<std::string> words;
    for (std::size_t i = 0; i < megabyte->size(); i += 8)
        words.insert(megabyte->substr(i, 8));
    CHECK(words.size() > 131'000);
}

TEST_CASE("a timed body goes on for its time")
{
    const Endpoint endpoint({});
    const auto begun = std::chrono::steady_clock::now();
    const auto response = get(endpoint, "/time/50ms");
    CHECK_FALSE(response.produced_bytes);
    REQUIRE(body_of(response));
    CHECK(std::chrono::steady_clock::now() - begun >= 50ms);
}

TEST_CASE("what is over the limits is refused before it begins, and what becomes late is cut")
{
    const Endpoint endpoint({.bytes = 1000, .time = 0ms});
    CHECK(get(endpoint, "/bytes/1000").status == 200);
    CHECK(get(endpoint, "/bytes/1001").status == 400);
    CHECK(get(endpoint, "/time/1ms").status == 400);
    const auto late = get(endpoint, "/bytes/1000");
    while (test::await(late.producer())) {
    }
    SUCCEED("a producer that is late ends with an error");
}

TEST_CASE("anything else is refused with what there is")
{
    const Endpoint endpoint({});
    CHECK(get(endpoint, "/").body.find("/bytes/N") != std::string::npos);
    CHECK(get(endpoint, "/bytes").status == 404);
    CHECK(get(endpoint, "/etc/passwd").status == 404);
    CHECK(get(endpoint, "/bytes/many").status == 400);
    const auto posted = get(endpoint, "/", "POST");
    CHECK(posted.status == 405);
    CHECK(posted.headers.get("Allow") == "GET, HEAD");
}

TEST_CASE("an upload is told how many bytes it had, and only where uploads go")
{
    const Endpoint endpoint({});
    for (const char *method : {"POST", "PUT"}) {
        channel::Request request{.method = method, .path = "/upload"};
        request.discarded_bytes = 1234;
        const auto response = endpoint.answer(request);
        CHECK(response.status == 200);
        CHECK(response.headers.get("Sonde-Received-Bytes") == "1234");
        CHECK(response.body == "{\"received_bytes\":1234}\n");
        CHECK(response.headers.get("Cache-Control") == "no-store");
    }
    CHECK(get(endpoint, "/upload").status == 200);
    CHECK(get(endpoint, "/bytes/1", "POST").status == 405);
}

TEST_CASE("nothing may be kept by a cache on the way")
{
    CHECK(get(Endpoint({}), "/bytes/1").headers.get("Cache-Control") == "no-store");
}
