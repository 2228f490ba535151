#include "policy/target.hpp"
#include "support/catch.hpp"

#include <utility>

using namespace sonde;
using namespace sonde::policy;

TEST_CASE("a target's host is found with and without scheme and port [G2]")
{
    const std::pair<const char *, const char *> cases[] = {
        {"www.example.org", "www.example.org"},
        {"www.example.org:443", "www.example.org"},
        {"WWW.Example.ORG.", "www.example.org"},
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:53", "192.0.2.1"},
        {"::1", "::1"},
        {"[::1]", "::1"},
        {"[2001:DB8::1]:53", "2001:db8::1"},
        {"[::ffff:192.0.2.1]:53", "192.0.2.1"},
        {"http://www.example.org", "www.example.org"},
        {"HTTPS://WWW.example.org:8443/a/b?c=d#e", "www.example.org"},
        {"http://www.example.org:/x", "www.example.org"},
        {"http://[::1]:80/x", "::1"},
        {"http://192.0.2.1?x=@evil.example", "192.0.2.1"},
        {"http://192.0.2.1#@evil.example", "192.0.2.1"},
        {"http://example.org/http://evil.example/", "example.org"},
        {"_dns.resolver.example", "_dns.resolver.example"},
        {"a", "a"},
    };
    for (const auto &[text, host] : cases) {
        const auto target = parse_target(text);
        INFO(text);
        REQUIRE(target);
        CHECK(to_string(*target) == host);
    }
}

TEST_CASE("a target that programs read in different ways is refused [G2]")
{
    for (const char *text : {
             "",
             " www.example.org",
             "www.example.org\n",
             "www.exa\tmple.org",
             "0177.0.0.1",
             "0x7f.0.0.1",
             "0x7f000001",
             "2130706433",
             "127.1",
             "127.0.0.1.",
             "1.2.3.4.5",
             "example.0x1",
             "example.1",
             "http://user@www.example.org/",
             "http://www.example.org@203.0.113.9/",
             "http://www.example.org:80@203.0.113.9/",
             "http://www.example.org\\@203.0.113.9/",
             "http://203.0.113.9\\.example.org/",
             "http:///www.example.org",
             "http://",
             "://www.example.org",
             "1http://www.example.org",
             "http://%77ww.example.org/",
             "http://127.0.0.1%00.example.org/",
             "http://::1/",
             "http://[::1/",
             "http://[::1]x/",
             "http://[www.example.org]/",
             "http://[192.0.2.1]/",
             "http://[fe80::1%25eth0]/",
             "fe80::1%eth0",
             "http://www.example.org:99999/",
             "http://www.example.org:80:80/",
             "www.example.org:",
             "www.example.org:0",
             "www.example.org:+80",
             "www.example.org:http",
             "www..example.org",
             ".example.org",
             ".",
             "www.example.org..",
             "www.example.org/path",
             "*.example.org",
             "b\xc3\xbc"
             "cher.example",
             "http://www.example.org\xe3\x80\x82/",
             "www.example.org,203.0.113.9",
             "a b",
         }) {
        INFO(text);
        CHECK_FALSE(parse_target(text));
    }
    CHECK_FALSE(parse_target(std::string(64, 'a') + ".example.org"));
    CHECK_FALSE(parse_target(std::string(300, 'a')));
    CHECK_FALSE(parse_target(std::string_view("www.example.org\0.evil", 21)));
}

TEST_CASE("a glob's star matches any characters and nothing else is special [G2]")
{
    CHECK(glob_matches("*", ""));
    CHECK(glob_matches("*", "abc"));
    CHECK(glob_matches("*.example.org", "a.b.example.org"));
    CHECK_FALSE(glob_matches("*.example.org", "example.org"));
    CHECK_FALSE(glob_matches("*.example.org", "evilexample.org"));
    CHECK_FALSE(glob_matches("*.example.org", "a.example.org.evil"));
    CHECK(glob_matches("a*b*c", "aXXbYYbZZc"));
    CHECK_FALSE(glob_matches("a*b*c", "aXXcYYb"));
    CHECK_FALSE(glob_matches("a?c", "abc"));
    CHECK_FALSE(glob_matches("", "a"));
    CHECK(glob_matches("", ""));
}

TEST_CASE("a glob with many stars takes no exponential time [G2]")
{
    std::string glob;
    for (int i = 0; i < 1000; ++i)
        glob += "a*";
    CHECK_FALSE(glob_matches(glob + "b", std::string(20'000, 'a')));
}

TEST_CASE("a name matches only globs, and an address only ranges [G2]")
{
    TargetList list;
    REQUIRE(list.add("*"));
    CHECK(list.find(parse_target("www.example.org").value(), false));
    CHECK_FALSE(list.find(parse_target("192.0.2.1").value(), false));

    TargetList ranges;
    REQUIRE(ranges.add("0.0.0.0/0"));
    CHECK_FALSE(ranges.find(parse_target("www.example.org").value(), false));
    CHECK(ranges.find(parse_target("192.0.2.1").value(), false));
}

TEST_CASE("an entry that could match nothing is refused [G2]")
{
    TargetList list;
    for (const char *text : {"", "10.0.0.*", "10.*", "192.0.2.1-20", "192.0.2.0/240", "http://www.example.org", "a b",
                             "[::1]", "www.example.org:80", "*..example.org", "0x7f000001", "2130706433"}) {
        INFO(text);
        CHECK_FALSE(list.add(text));
    }
    REQUIRE(list.add("*"));
    CHECK(list.find(parse_target("www.example.org").value(), false) == 0);
}
