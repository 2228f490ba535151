#include "frames/text.hpp"

#include "support/catch.hpp"

#include <csignal>

using namespace sonde::frames;

TEST_CASE("UTF-8 is told from what only looks like it")
{
    for (const char *good :
         {"", "plain", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "12345678\xc3\xa9"})
        CHECK(is_utf8(good));
    for (const char *bad :
         {"\xff", "\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xac", "12345678\xff"})
        CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("text for a person is cut between characters and has no bad bytes")
{
    CHECK(readable("caf\xc3\xa9", 4) == "caf");
    CHECK(readable("caf\xc3\xa9", 5) == "caf\xc3\xa9");
    CHECK(readable("a\xff\xfe", 10) == "a??");
    CHECK(readable(std::string_view("a\0b", 3), 10) == "a?b");
}

TEST_CASE("types have names, also those that do not exist")
{
    CHECK(type_name(SONDE_ADDRESS) == "address");
    CHECK(type_name(SONDE_PORT) == "port");
    CHECK(type_name(13) == "type 13");
}

TEST_CASE("signals have names, and without one their number")
{
    CHECK(signal_name(SIGSEGV) == "SIGSEGV");
    CHECK(signal_name(200) == "SIG200");
}
