#include "body.hpp"

#include "support/catch.hpp"

#include <random>

using namespace sonde::http_download;

namespace {

Head sized(std::uint64_t length)
{
    Head head;
    head.status = 200;
    head.content_length = length;
    return head;
}

Head chunked()
{
    Head head;
    head.status = 200;
    head.chunked = true;
    return head;
}

struct FedBody {
    Body body;
    Progress progress = Progress::more;
    std::size_t used = 0;
};

FedBody feed(const Head &head, std::string_view text, std::size_t step)
{
    FedBody fed{Body(head)};
    fed.progress = fed.body.progress();
    while (fed.used < text.size() && fed.progress == Progress::more) {
        std::size_t used = 0;
        fed.progress = fed.body.feed(text.substr(fed.used, step), used);
        fed.used += used;
    }
    return fed;
}

} // namespace

TEST_CASE("a sized body ends with its last byte and leaves what follows alone")
{
    const FedBody fed = feed(sized(5), "helloHTTP/1.1", 100);
    CHECK(fed.progress == Progress::done);
    CHECK(fed.used == 5);
    CHECK(fed.body.payload_bytes() == 5);
}

TEST_CASE("bodies that the status or the length rules out are over before they begin")
{
    CHECK(Body(sized(0)).progress() == Progress::done);
    Head none;
    none.status = 204;
    CHECK(Body(none).progress() == Progress::done);
    none.status = 304;
    none.content_length = 10;
    CHECK(Body(none).progress() == Progress::done);
}

TEST_CASE("a body without a length ends with the connection, a sized or chunked one is cut by it")
{
    Head head;
    head.status = 200;
    Body open(head);
    open.discarded(1'000'000);
    CHECK(open.ends_with_connection());
    CHECK(open.payload_bytes() == 1'000'000);
    Body short_of_it(sized(10));
    short_of_it.discarded(9);
    CHECK_FALSE(short_of_it.ends_with_connection());
    CHECK_FALSE(Body(chunked()).ends_with_connection());
}

TEST_CASE("a chunked body counts payload alone, however it is cut into pieces")
{
    const std::string_view text = "5;name=\"v\"\r\nhello\r\n0A \r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nrest";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        const FedBody fed = feed(chunked(), text, step);
        REQUIRE(fed.progress == Progress::done);
        CHECK(fed.body.payload_bytes() == 15);
        CHECK(text.substr(fed.used) == "rest");
    }
}

TEST_CASE("within a chunk the rest may be thrown away unseen, between chunks nothing")
{
    Body body(chunked());
    std::size_t used = 0;
    CHECK(body.discardable() == 0);
    REQUIRE(body.feed("fffff\r\nab", used) == Progress::more);
    CHECK(body.discardable() == 0xfffff - 2);
    body.discarded(body.discardable());
    CHECK(body.discardable() == 0);
    REQUIRE(body.feed("\r\n0\r\n\r\n", used) == Progress::done);
    CHECK(body.payload_bytes() == 0xfffff);
}

TEST_CASE("malformed chunks are bad")
{
    const std::string_view bad[] = {"\r\n",
                                    ";x\r\n",
                                    "g\r\n",
                                    "-1\r\n",
                                    "0x5\r\n",
                                    "5\r\nhelloX",
                                    "5\r\nhello5\r\n",
                                    "1234567890abcdef0\r\n",
                                    "ffffffffffffffff\r\n"};
    for (const auto text : bad) {
        INFO(text);
        CHECK(feed(chunked(), text, 100).progress == Progress::bad);
        const FedBody bytewise = feed(chunked(), text, 1);
        CHECK(bytewise.progress == Progress::bad);
        CHECK_FALSE(bytewise.body.complaint().empty());
    }
}

TEST_CASE("endless extensions and trailers are bad")
{
    CHECK(feed(chunked(), "5;" + std::string(2000, 'x'), 64).progress == Progress::bad);
    std::string trailers = "0\r\n";
    while (trailers.size() < 20'000)
        trailers += "T: x\r\n";
    CHECK(feed(chunked(), trailers, 64).progress == Progress::bad);
}

TEST_CASE("random bytes never make a body count more than it was given")
{
    std::mt19937 random(11);
    const std::string_view alphabet = "0123456789abcdefABCDEFg;\r\n x";
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (int i = 0; i < 60; ++i)
            text += alphabet[random() % alphabet.size()];
        const FedBody fed = feed(chunked(), text, 1 + random() % 60);
        REQUIRE(fed.used <= text.size());
        REQUIRE(fed.body.payload_bytes() <= fed.used);
    }
}
