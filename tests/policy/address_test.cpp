#include "policy/address.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::policy;

TEST_CASE("an IPv4 address and its IPv4-mapped form are one address [G2]")
{
    REQUIRE(parse_address("192.0.2.1").value() == parse_address("::ffff:192.0.2.1").value());
    REQUIRE(parse_address("192.0.2.1").value() == parse_address("::FFFF:c000:201").value());
    REQUIRE(to_string(parse_address("::ffff:192.0.2.1").value()) == "192.0.2.1");
}

TEST_CASE("only canonical text is an address [G2]")
{
    for (const char *text :
         {"", "0177.0.0.1", "127.1", "127.0.0.01", "2130706433", "0x7f.0.0.1", "127.0.0.1.", " 127.0.0.1", "127.0.0.1 ",
          "127.0.0", "127.0.0.256", "fe80::1%eth0", "[::1]", "1.2.3.4/32", ":::", "1::2::3", "12345::", "localhost"})
        CHECK_FALSE(parse_address(text));
    using namespace std::string_view_literals;
    CHECK_FALSE(parse_address("127.0.0.1\0.example.org"sv));
}

TEST_CASE("a range holds exactly the addresses of its prefix [G2]")
{
    const Range range = parse_range("192.0.2.128/25").value();
    CHECK(range.contains(parse_address("192.0.2.128").value()));
    CHECK(range.contains(parse_address("192.0.2.255").value()));
    CHECK_FALSE(range.contains(parse_address("192.0.2.127").value()));
    CHECK_FALSE(range.contains(parse_address("192.0.3.128").value()));

    const Range odd = parse_range("2001:db8:8000::/33").value();
    CHECK(odd.contains(parse_address("2001:db8:ffff::1").value()));
    CHECK_FALSE(odd.contains(parse_address("2001:db8:7fff::1").value()));

    CHECK(parse_range("192.0.2.1").value().bits == 128);
    CHECK(parse_range("0.0.0.0/0").value().contains(parse_address("203.0.113.9").value()));
}

TEST_CASE("a range of all IPv6 addresses holds no IPv4 address and the other way round [G2]")
{
    CHECK_FALSE(parse_range("::/0").value().contains(parse_address("192.0.2.1").value()));
    CHECK_FALSE(parse_range("0.0.0.0/0").value().contains(parse_address("2001:db8::1").value()));
}

TEST_CASE("a range finds an IPv4 address inside a translated one if asked to [G2]")
{
    const Range loopback = parse_range("127.0.0.0/8").value();
    for (const char *text : {"64:ff9b::7f00:1", "2002:7f00:1::1", "::127.0.0.1"}) {
        CHECK(loopback.contains(parse_address(text).value(), true));
        CHECK_FALSE(loopback.contains(parse_address(text).value()));
    }
}

TEST_CASE("a wrong range is refused with what would be right [G2]")
{
    for (const char *text : {"192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/8x", "::/129",
                             "/8", "192.0.2.0/24/24", "::ffff:192.0.2.0/120", "192.0.2.0/ 24", "192.0.2.0/4294967320"})
        CHECK_FALSE(parse_range(text));
    const auto slip = parse_range("192.0.2.1/24");
    REQUIRE_FALSE(slip);
    CHECK(slip.error().hint == "the range is 192.0.2.0/24");
}

TEST_CASE("unspecified, multicast and broadcast addresses are never targets [G2]")
{
    for (const char *text : {"0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1",
                             "::ffff:0.0.0.0", "::ffff:224.0.0.1"})
        CHECK(never_a_target(parse_address(text).value()) != nullptr);
    for (const char *text : {"127.0.0.1", "::1", "192.0.2.255", "240.0.0.1", "fe80::1"})
        CHECK(never_a_target(parse_address(text).value()) == nullptr);
}
