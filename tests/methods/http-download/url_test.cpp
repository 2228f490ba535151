#include "url.hpp"

#include "support/catch.hpp"

using namespace sonde::http_download;

namespace {

Url accepted(std::string_view text)
{
    INFO(text);
    auto url = parse_url(text);
    REQUIRE(std::holds_alternative<Url>(url));
    return std::get<Url>(url);
}

} // namespace

TEST_CASE("a URL gives the scheme's own port, and names another in the Host field")
{
    const Url plain = accepted("http://example.test");
    CHECK_FALSE(plain.tls);
    CHECK(plain.port == 80);
    CHECK(plain.target == "/");
    CHECK(plain.host_header == "example.test");

    const Url secure = accepted("HTTPS://example.test:8443/a/b?c=d#e");
    CHECK(secure.tls);
    CHECK(secure.port == 8443);
    CHECK(secure.target == "/a/b?c=d");
    CHECK(secure.host_header == "example.test:8443");
    CHECK(accepted("https://example.test:443/").host_header == "example.test");
}

TEST_CASE("a query without a path still asks for the root")
{
    CHECK(accepted("http://example.test?x=1").target == "/?x=1");
}

TEST_CASE("an IPv6 literal loses its brackets, and its zone in the Host field alone")
{
    const Url url = accepted("http://[fe80::1%eth0]:81/x");
    CHECK(url.host == "fe80::1%eth0");
    CHECK(url.host_header == "[fe80::1]:81");
    CHECK(url.port == 81);
}

TEST_CASE("a URL that could smuggle something into the request, or cannot be asked, is refused")
{
    const std::string_view bad[] = {
        "",
        "example.test",
        "ftp://example.test/",
        "http://",
        "http:///x",
        "http://:80/",
        "http://a b/",
        "http://a/b c",
        "http://a/\r\nX: y",
        "http://a/\t",
        "http://a/\xc3\xa4",
        "http://user@a/",
        "http://u:p@a/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:8o/",
        "http://a:-1/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[]/",
        "http://a*b/",
    };
    for (const auto text : bad) {
        INFO(text);
        CHECK(std::holds_alternative<Complaint>(parse_url(text)));
    }
    CHECK(std::holds_alternative<Complaint>(parse_url("http://a/" + std::string(5000, 'x'))));
    CHECK(std::holds_alternative<Complaint>(parse_url(std::string_view("http://a/\0b", 11))));
}
