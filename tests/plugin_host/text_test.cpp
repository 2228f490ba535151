#include "plugin_host/text.hpp"

#include "support/catch.hpp"

#include <limits>
#include <vector>

using namespace sonde::plugin_host;

TEST_CASE("a duration is read exactly, in any unit")
{
    CHECK(parse_duration("10ms").value() == 10'000'000);
    CHECK(parse_duration("1.5s").value() == 1'500'000'000);
    CHECK(parse_duration("2h").value() == 7'200'000'000'000);
    CHECK(parse_duration("0.000000001s").value() == 1);
    CHECK(parse_duration("3us").value() == 3'000);
    CHECK(parse_duration("7ns").value() == 7);
    CHECK(parse_duration("2m").value() == 120'000'000'000);
    CHECK(parse_duration("2min").value() == 120'000'000'000);
    CHECK(parse_duration("1d").value() == 86'400'000'000'000);
    CHECK(parse_duration("0").value() == 0);
    CHECK(parse_duration("-1s").value() == -1'000'000'000);
    CHECK(parse_duration("9223372036854775807ns").value() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("what is no duration is refused with an example")
{
    for (const char *text :
         {"", "10", "s", "1.s", ".5s", "1.2.3s", "10 ms", "10MS", "1e3s", "+1s", "--1s", "10msx", "∞"}) {
        INFO(text);
        const auto read = parse_duration(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().hint == "durations look like 10ms, 1.5s or 2h");
    }
    CHECK(parse_duration("10").error().what == "'10' has no unit");
    CHECK(parse_duration("0.1ns").error().what == "'0.1ns' is finer than a nanosecond");
    CHECK(parse_duration("9223372036854775808ns").error().what == "'9223372036854775808ns' is too large");
    CHECK(parse_duration("300000d").error().what == "'300000d' is too large");
    CHECK_FALSE(parse_duration(std::string(100'000, '9') + "s"));
}

TEST_CASE("a size is a number of bytes or carries a decimal or binary unit")
{
    CHECK(parse_size("1500").value() == 1500);
    CHECK(parse_size("10MB").value() == 10'000'000);
    CHECK(parse_size("4KiB").value() == 4096);
    CHECK(parse_size("1.5kB").value() == 1500);
    CHECK(parse_size("0.5KiB").value() == 512);
    CHECK(parse_size("2TiB").value() == 2LL << 40);
    CHECK_FALSE(parse_size("0.3B"));
    CHECK_FALSE(parse_size("1.0001kB"));
    CHECK_FALSE(parse_size("10mb"));
    CHECK_FALSE(parse_size("10 MB"));
    CHECK_FALSE(parse_size("99999999TB"));
}

TEST_CASE("integers, reals, truth values and ports are read whole or not at all")
{
    CHECK(parse_integer("-9223372036854775808").value() == std::numeric_limits<std::int64_t>::min());
    CHECK(parse_integer("9223372036854775808").error().what == "'9223372036854775808' is too large");
    for (const char *text : {"", "1 ", " 1", "0x10", "1.0", "+1", "1e3", "-"})
        CHECK_FALSE(parse_integer(text));
    CHECK(parse_real("-0.25").value() == -0.25);
    CHECK(parse_real("1e3").value() == 1000);
    for (const char *text : {"", "nan", "inf", "-inf", "1e999", "1,5", "0x1p3 "})
        CHECK_FALSE(parse_real(text));
    CHECK(parse_bool("true").value());
    CHECK_FALSE(parse_bool("false").value());
    CHECK_FALSE(parse_bool("True"));
    CHECK_FALSE(parse_bool("1"));
    CHECK(parse_port("65535").value() == 65535);
    for (const char *text : {"0", "65536", "-1", "http", ""})
        CHECK_FALSE(parse_port(text));
}

TEST_CASE("addresses are read and written in their canonical form")
{
    const auto four = parse_address("192.0.2.1").value();
    CHECK(four.family == 4);
    CHECK(address_text({four.bytes.data(), 4}) == "192.0.2.1");
    const auto six = parse_address("2001:DB8:0:0:0::1").value();
    CHECK(six.family == 6);
    CHECK(address_text(six.bytes) == "2001:db8::1");
    CHECK(address_text({six.bytes.data(), 5}).empty());
    for (const char *text :
         {"", "192.0.2", "192.0.2.256", "010.0.0.1 ", "2001:db8::1::2", "fe80::1%lo", "[::1]", "::1/64"})
        CHECK_FALSE(parse_address(text));
    CHECK_FALSE(parse_address(std::string_view("1.2.3.4\0x", 9)));
}

TEST_CASE("a host is a name or an address, with a zone where it is an IPv6 address")
{
    for (const char *text : {"localhost", "www.example.org", "example.org.", "_dns.a-b.example", "127.0.0.1", "::1",
                             "fe80::1%eth0", "xn--bcher-kva.example", "3com.example"}) {
        INFO(text);
        CHECK(check_host(text));
    }
    for (const char *text :
         {"", ".", "a..b", "-a.example", "a-.example", "a b", "1.2.3", "256.1.1.1", "exa$mple", "bücher.example",
          "fe80::1%", "fe80::1%a/b", "192.0.2.1%eth0", "fe80::1%aaaaaaaaaaaaaaaaa"}) {
        INFO(text);
        CHECK_FALSE(check_host(text));
    }
    CHECK_FALSE(check_host(std::string(64, 'a')));
    CHECK(check_host(std::string(63, 'a')));
    std::string longest;
    for (int i = 0; i < 64; ++i)
        longest += "abc.";
    CHECK_FALSE(check_host(longest));
}

TEST_CASE("a URL is absolute and names a host")
{
    for (const char *text :
         {"http://example.org", "https://127.0.0.1:8443/a?b=c#d", "http://[::1]:80/", "ftp://u:p@h/x", "http://h:/"}) {
        INFO(text);
        CHECK(check_url(text));
    }
    for (const char *text : {"", "/path", "example.org", "http:/x", "http://", "http:///x", "://x", "1http://x",
                             "http://a b/", "http://h:0/", "http://h:99999/", "http://[::1", "http://[1.2.3.4]/",
                             "http://[::1]80/", "http://ü.example/", "http://h/\n"}) {
        INFO(text);
        CHECK_FALSE(check_url(text));
    }
}

TEST_CASE("a duration is written so that it reads back the same")
{
    CHECK(duration_text(0) == "0s");
    CHECK(duration_text(10'000'000) == "10ms");
    CHECK(duration_text(1'500'000'000) == "1.5s");
    CHECK(duration_text(60'000'000'000) == "1m");
    CHECK(duration_text(90'000'000'000) == "90s");
    CHECK(duration_text(-500) == "-500ns");
    CHECK(duration_text(-1'500) == "-1.5us");
    for (std::int64_t value : {1LL, 999LL, 1'001LL, 123'456'789LL, 1'000'000'001LL, 7'200'000'000'000LL, -1'050'000LL,
                               std::numeric_limits<long long>::max()}) {
        INFO(value);
        CHECK(parse_duration(duration_text(value)).value() == value);
    }
}
