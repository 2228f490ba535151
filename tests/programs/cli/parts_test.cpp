#include "programs/cli/answer_row.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/csv.hpp"
#include "programs/cli/fit.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/run_words.hpp"
#include "programs/cli/table.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::cli;

TEST_CASE("durations are shown with four digits or so and a unit")
{
    CHECK(human_duration(0) == "0 ns");
    CHECK(human_duration(412) == "412 ns");
    CHECK(human_duration(4'100) == "4.1 us");
    CHECK(human_duration(999'949) == "999.9 us");
    CHECK(human_duration(999'950) == "1.000 ms");
    CHECK(human_duration(11'204'300) == "11.204 ms");
    CHECK(human_duration(999'999'600) == "1.000 s");
    CHECK(human_duration(1'500'000'000) == "1.500 s");
    CHECK(human_duration(-4'100) == "-4.1 us");
}

TEST_CASE("bytes are shown in decimal units")
{
    CHECK(human_bytes(0) == "0 B");
    CHECK(human_bytes(999) == "999 B");
    CHECK(human_bytes(1'234) == "1.2 kB");
    CHECK(human_bytes(999'950) == "1.0 MB");
    CHECK(human_bytes(UINT64_MAX) == "18.4 EB");
}

TEST_CASE("stamps are shown as the time of day with nine decimals")
{
    CHECK(human_time(0) == "00:00:00.000000000");
    CHECK(human_time(1'795'478'400'000'000'007) == "00:00:00.000000007");
    CHECK(human_time(-1) == "23:59:59.999999999");
}

TEST_CASE("text from outside cannot move the cursor")
{
    CHECK(printable("a\x1b[2Jb\nc\x7f") == "a?[2Jb?c?");
    CHECK(printable("\xc2\x9b"
                    "31m") == "?31m");
    CHECK(printable("Zürich") == "Zürich");
    CHECK(width_of("Zürich") == 6);
}

TEST_CASE("a table's columns are aligned, and grow with what comes")
{
    Table table({{"name", Table::Align::left, 0}, {"rtt", Table::Align::right, 6}});
    CHECK(table.header({{"a", "1 ms"}}) == "name     rtt\n");
    CHECK(table.lines({{"a", "1 ms"}}) == "a       1 ms\n");
    CHECK(table.lines({{"longer", "12.345 ms"}, {"b", "-"}}) == "longer  12.345 ms\nb               -\n");
}

namespace {

frames::MethodDescription method()
{
    frames::MethodDescription made;
    made.id = "probe";
    frames::OptionDescription quick, target;
    quick.id = "quick";
    quick.type = SONDE_BOOL;
    target.id = "target";
    target.type = SONDE_HOST;
    target.required = true;
    made.options = {quick, target};
    return made;
}

std::string words_text(const frames::MethodDescription &method, const std::vector<std::string> &words)
{
    const auto options = read_words(method, words);
    if (!options)
        return to_string(options.error());
    std::string text;
    for (const auto &option : *options)
        text += (text.empty() ? "" : " ") + option.name + "=" + option.value.value_or("(none)");
    return text;
}

} // namespace

TEST_CASE("the first required option may stand without its name")
{
    auto probe = method();
    CHECK(words_text(probe, {"127.0.0.1"}) == "target=127.0.0.1");
    CHECK(words_text(probe, {"quick", "::1"}) == "quick=(none) target=::1");
    CHECK(words_text(probe, {"target=a", "quick=false"}) == "target=a quick=false");
    CHECK(words_text(probe, {"http://h/?a=b"}) == "target=http://h/?a=b");
    CHECK(words_text(probe, {"target=a=b"}) == "target=a=b");
    CHECK(words_text(probe, {"a", "b"}) == "probe does not know what 'b' is (its options have the form name=value)");
    probe.options[1].list = true;
    CHECK(words_text(probe, {"a", "b"}) == "target=a target=b");
    probe.options[1].required = false;
    CHECK_FALSE(read_words(probe, {"a"}));
    probe.flags = SONDE_NEEDS_INTERFACE;
    CHECK(words_text(probe, {"eth0"}) == "interface=eth0");
}

TEST_CASE("lines are broken at blanks, and longer words stay whole")
{
    CHECK(wrapped("", 10, 2).empty());
    CHECK(wrapped("one two three", 100, 2) == "one two three");
    CHECK(wrapped("one two three", 7, 2) == "one two\n  three");
    CHECK(wrapped("one twotwotwo three", 7, 2) == "one\n  twotwotwo\n  three");
    CHECK(wrapped("one two", Console::kUnlimited, 2) == "one two");
}

TEST_CASE("where there is no room the least important columns go, of those the rightmost first")
{
    using Bools = std::vector<bool>;
    const std::vector<Asking> columns{{10, 1}, {10, 0}, {10, 1}, {10, 0}};
    CHECK(fit(columns, 46) == Bools{true, true, true, true});
    CHECK(fit(columns, 45) == Bools{true, true, true, false});
    CHECK(fit(columns, 33) == Bools{true, false, true, false});
    CHECK(fit(columns, 21) == Bools{true, false, false, false});
    CHECK(fit(columns, 1) == Bools{true, false, false, false});
    CHECK(fit({}, 10).empty());
}

TEST_CASE("a file's fields are quoted where they must be")
{
    CHECK(csv_line({"a", "b c", ""}) == "a,b c,\n");
    CHECK(csv_line({"a,b", "say \"x\"", "two\nlines"}) == "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n");
}

TEST_CASE("a server's line is an object of bounded depth and length")
{
    CHECK(read_answer_row(R"({"a":[[1]],"b":"[[[[[[[[[[[[[[[[[[[[\"["})"));
    for (const std::string &line : {std::string("[1]"), std::string("{\"a\":"), std::string(),
                                    "{\"a\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}",
                                    "{\"a\":\"" + std::string(kLineBytesMax, 'x') + "\"}"})
        CHECK_FALSE(read_answer_row(line));
    std::string deepest = "1";
    for (std::size_t i = 1; i < kLineDepthMax; ++i)
        deepest = "[" + deepest + "]";
    CHECK(read_answer_row("{\"a\":" + deepest + "}"));
    CHECK_FALSE(read_answer_row("{\"a\":[" + deepest + "]}"));
}
