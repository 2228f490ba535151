#include "http2.hpp"

#include "support/catch.hpp"

#include <random>
#include <string>

using namespace sonde::dns;

namespace {

std::string base64url_of(const std::string &text)
{
    return base64url({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()});
}

Settings over_https()
{
    Settings settings;
    settings.path = "/dns-query";
    return settings;
}

} // namespace

TEST_CASE("base64url as RFC 4648 has it, without padding")
{
    CHECK(base64url_of("") == "");
    CHECK(base64url_of("f") == "Zg");
    CHECK(base64url_of("fo") == "Zm8");
    CHECK(base64url_of("foo") == "Zm9v");
    CHECK(base64url_of("foob") == "Zm9vYg");
    CHECK(base64url_of("\xff\xfe\xfd") == "__79");
    CHECK(base64url_of("\xfb\xef\xff") == "--__");
}

TEST_CASE("a connection begins with the preface and the settings, and garbage in answer ends it")
{
    const Settings settings = over_https();
    int responses = 0;
    Http2 http(settings, "dns.example.test", [&](Http2::Response) { ++responses; });
    const std::vector<std::uint8_t> query(40, 1);
    CHECK(http.submit(query) == 1);
    CHECK(http.submit(query) == 3);
    const auto sent = http.output();
    CHECK(std::string(sent.begin(), sent.begin() + 24) == "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    CHECK(http.output().empty());
    const std::string answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    CHECK_FALSE(http.is_over());
    const bool taken = http.feed({reinterpret_cast<const std::uint8_t *>(answer.data()), answer.size()});
    CHECK_FALSE(http.output().empty()); // GOAWAY
    CHECK((!taken || http.is_over()));
    CHECK(responses == 0);
}

TEST_CASE("no bytes of a server crash it")
{
    const Settings settings = over_https();
    std::mt19937 random(3);
    for (int round = 0; round < 3000; ++round) {
        Http2 http(settings, "dns.example.test", [](Http2::Response) {});
        (void)http.submit(std::vector<std::uint8_t>(40, 1));
        (void)http.output();
        // Server's settings, then frames with random contents on the stream.
        std::vector<std::uint8_t> bytes = {0, 0, 0, 4, 0, 0, 0, 0, 0};
        for (std::uint32_t frames = random() % 4; frames > 0; --frames) {
            const auto size = static_cast<std::uint8_t>(random() % 40);
            const auto type = static_cast<std::uint8_t>(random() % 10);
            bytes.insert(bytes.end(), {0, 0, size, type, static_cast<std::uint8_t>(random() % 16), 0, 0, 0,
                                       static_cast<std::uint8_t>(random() % 3)});
            for (int i = 0; i < size; ++i)
                bytes.push_back(static_cast<std::uint8_t>(random() % 5 == 0 ? random() : 0x88));
        }
        (void)http.feed(bytes);
        (void)http.output();
    }
    SUCCEED();
}
