#include "model/glob.hpp"

#include "support/catch.hpp"

#include <fnmatch.h>

#include <random>
#include <string>
#include <vector>

using sonde::model::glob_matches;

TEST_CASE("a glob pattern's signs mean what RFC 8194 says of each [A6]")
{
    // "* matches a sequence of characters"
    CHECK(glob_matches("*", ""));
    CHECK(glob_matches("measurement:*", "measurement:ping"));
    CHECK_FALSE(glob_matches("measurement:*", "report"));
    CHECK(glob_matches("*ping*", "a/ping/b"));
    // "? matches any single character"
    CHECK(glob_matches("p?ng", "ping"));
    CHECK(glob_matches("p?ng", "p\xc3\xa4ng"));
    CHECK_FALSE(glob_matches("p?ng", "png"));
    // "[seq] matches any character in seq", "a sequence of characters or a range of characters"
    CHECK(glob_matches("[abc]", "b"));
    CHECK(glob_matches("[a-c]x", "cx"));
    CHECK_FALSE(glob_matches("[a-c]", "d"));
    CHECK_FALSE(glob_matches("[a-c]", ""));
    CHECK(glob_matches("[a", "[a"));
    // "[!seq] matches any character not in seq"
    CHECK(glob_matches("[!a-c]", "d"));
    CHECK_FALSE(glob_matches("[!a-c]", "a"));
    // "A backslash followed by a character matches the following character."
    CHECK(glob_matches("\\*", "*"));
    CHECK_FALSE(glob_matches("\\*", "a"));
    CHECK(glob_matches("\\?", "?"));
    CHECK_FALSE(glob_matches("\\?", "a"));
    CHECK(glob_matches("\\\\", "\\"));
    CHECK(glob_matches("\\a", "a"));
}

TEST_CASE("a glob pattern matches what fnmatch() matches [A6]")
{
    std::random_device device;
    std::mt19937_64 random(device());
    // No bracket stays open: fnmatch() itself is of two minds about those.
    const std::vector<std::string> pieces{"a",     "b",    "-",     "/",       "!",     "]",     "*",      "?",
                                          "\\*",   "\\[",  "\\\\",  "[ab]",    "[!ab]", "[a-b]", "[!a-b]", "[]a]",
                                          "[!]a]", "[*?]", "[\\]]", "[a\\-b]", "[-a]",  "[a-]"};
    const auto joined = [&](std::size_t most) {
        std::string all;
        for (std::size_t i = 0, n = random() % (most + 1); i < n; ++i)
            all += pieces[random() % pieces.size()];
        return all;
    };
    const auto letters = [&](std::size_t most) {
        std::string all;
        for (std::size_t i = 0, n = random() % (most + 1); i < n; ++i)
            all += "ab*[]!-\\/"[random() % 9];
        return all;
    };
    int matches = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string pattern = joined(5);
        const std::string subject = letters(5);
        INFO("pattern '" << pattern << "' text '" << subject << "'");
        const bool expected = fnmatch(pattern.c_str(), subject.c_str(), 0) == 0;
        REQUIRE(glob_matches(pattern, subject) == expected);
        matches += expected ? 1 : 0;
    }
    CHECK(matches > 100);
}

TEST_CASE("a glob pattern made to take for ever does not")
{
    std::string pattern;
    for (int i = 0; i < 100; ++i)
        pattern += "*a";
    CHECK_FALSE(glob_matches(pattern + "b", std::string(256, 'a')));
}
