#include "head.hpp"

#include "support/catch.hpp"

#include <random>

using namespace sonde::http_download;

namespace {

// Feeds the text in pieces of `step` bytes; returns how it ended and how many bytes were left over.
struct Fed {
    HeadReader reader;
    Progress progress = Progress::more;
    std::size_t used = 0;
};

Fed feed(std::string_view text, std::size_t step)
{
    Fed fed;
    while (fed.used < text.size() && fed.progress == Progress::more) {
        std::size_t used = 0;
        fed.progress = fed.reader.feed(text.substr(fed.used, step), used);
        fed.used += used;
    }
    return fed;
}

Progress outcome(std::string_view text)
{
    const Fed whole = feed(text, text.size());
    const Fed bytewise = feed(text, 1);
    INFO(text << " -> " << whole.reader.complaint());
    CHECK(whole.progress == bytewise.progress);
    return whole.progress;
}

} // namespace

TEST_CASE("a head says status, length and that the connection stays, however it is cut into pieces")
{
    const std::string_view text = "HTTP/1.1 200 OK\r\nContent-Length: 42\r\nX: y\r\n\r\nbody";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        const Fed fed = feed(text, step);
        REQUIRE(fed.progress == Progress::done);
        CHECK(fed.used == text.size() - 4);
        CHECK(fed.reader.head().status == 200);
        CHECK(fed.reader.head().content_length == 42u);
        CHECK(fed.reader.head().keep_alive);
        CHECK_FALSE(fed.reader.head().chunked);
    }
}

TEST_CASE("interim responses are skipped, and only a few of them")
{
    const std::string interim = "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n";
    const Fed fed = feed(interim + "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n", 7);
    REQUIRE(fed.progress == Progress::done);
    CHECK(fed.reader.head().status == 404);
    CHECK_FALSE(fed.reader.head().content_length);
    std::string many;
    for (int i = 0; i < 9; ++i)
        many += interim;
    CHECK(outcome(many) == Progress::bad);
}

TEST_CASE("the connection stays only where the body's end is known and nobody said close")
{
    const auto stays = [](std::string_view text) {
        const Fed fed = feed(text, text.size());
        REQUIRE(fed.progress == Progress::done);
        return fed.reader.head().keep_alive;
    };
    CHECK(stays("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"));
    CHECK_FALSE(stays("HTTP/1.1 200 OK\r\n\r\n"));
    CHECK_FALSE(stays("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: foo , CLOSE\r\n\r\n"));
    CHECK_FALSE(stays("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"));
    CHECK(stays("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_CASE("Transfer-Encoding overrides Content-Length, and a repeated equal length is one length")
{
    const Fed both = feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 100);
    REQUIRE(both.progress == Progress::done);
    CHECK(both.reader.head().chunked);
    CHECK_FALSE(both.reader.head().content_length);
    CHECK(outcome("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n") == Progress::done);
}

TEST_CASE("a head that leaves the framing in doubt, or is none, is bad")
{
    const std::string_view bad[] = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\x16\x03\x01\x02",
        "<html>",
        "HTTP/2 200\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.x 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        "HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\x01z\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\rz\r\n\r\n",
    };
    for (const auto text : bad)
        CHECK(outcome(text) == Progress::bad);
    CHECK(outcome(std::string_view("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", 28)) == Progress::bad);
}

TEST_CASE("an endless head or line ends at 32 KiB")
{
    std::string fields = "HTTP/1.1 200 OK\r\n";
    while (fields.size() <= HeadReader::kBytesMax)
        fields += "X-Filler: something\r\n";
    CHECK(outcome(fields) == Progress::bad);
    CHECK(outcome("HTTP/1.1 200 OK\r\nX: " + std::string(HeadReader::kBytesMax, 'x')) == Progress::bad);
    CHECK(outcome("HTTP/1.1 200 " + std::string(HeadReader::kBytesMax, 'x')) == Progress::bad);
}

TEST_CASE("a head may have 32 KiB in whatever pieces it comes")
{
    const std::string frame = "HTTP/1.1 200 OK\r\nX: \r\n\r\n";
    for (const std::size_t over : {0, 1}) {
        std::string head = frame;
        head.insert(head.size() - 4, HeadReader::kBytesMax + over - frame.size(), 'x');
        for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, head.size()}) {
            INFO(step << " bytes at a time, " << over << " too many");
            HeadReader reader;
            Progress progress = Progress::more;
            std::size_t used = 0;
            for (std::size_t at = 0; at < head.size() && progress == Progress::more; at += used)
                progress = reader.feed(std::string_view(head).substr(at, step), used);
            CHECK(progress == (over == 0 ? Progress::done : Progress::bad));
        }
    }
}

TEST_CASE("no mutation of a head makes the reader take more bytes than it was given")
{
    const std::string good =
        "HTTP/1.1 200 OK\r\nContent-Length: 42\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    std::mt19937 random(7);
    for (int round = 0; round < 20000; ++round) {
        std::string text = good;
        for (int i = 0; i < 3; ++i)
            text[random() % text.size()] = static_cast<char>(random() % 256);
        const Fed fed = feed(text, 1 + random() % text.size());
        REQUIRE(fed.used <= text.size());
        REQUIRE((fed.progress == Progress::bad) != fed.reader.complaint().empty());
    }
}
