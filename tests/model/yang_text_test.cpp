#include "model/yang_text.hpp"

#include "support/catch.hpp"

using namespace sonde::model;

TEST_CASE("text that YANG can carry is left alone")
{
    for (const char *text : {"", "plain", "tab\tline\r\n", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                             "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbd", "\x7f"}) {
        INFO(text);
        CHECK(is_yang_text(text));
        CHECK(to_yang_text(text) == text);
    }
}

TEST_CASE("what YANG cannot carry is replaced, byte for byte, and the rest kept")
{
    const std::string mark = "\xef\xbf\xbd";
    CHECK(to_yang_text(std::string("a\0b", 3)) == "a" + mark + "b");
    CHECK(to_yang_text("a\x1b[31m") == "a" + mark + "[31m");
    CHECK(to_yang_text("\xff") == mark);
    CHECK(to_yang_text("\xc3") == mark);
    CHECK(to_yang_text("\xc3(") == mark + "(");
    CHECK(to_yang_text("\xc0\xaf") == mark + mark);                       // overlong
    CHECK(to_yang_text("\xe0\x80\xaf") == mark + mark + mark);            // overlong
    CHECK(to_yang_text("\xed\xa0\x80") == mark + mark + mark);            // a surrogate
    CHECK(to_yang_text("\xef\xbf\xbf") == mark + mark + mark);            // U+FFFF
    CHECK(to_yang_text("\xef\xb7\x90") == mark + mark + mark);            // U+FDD0
    CHECK(to_yang_text("\xf4\x90\x80\x80") == mark + mark + mark + mark); // beyond U+10FFFF
    CHECK(to_yang_text("\x80") == mark);
}
