#include "programs/cli/console.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/row_printer.hpp"
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

TEST_CASE("a cell is shown for people, null as a dash")
{
    frames::ColumnDescription column;
    column.type = SONDE_DURATION;
    CHECK(human_cell(column, sonde_null()) == "-");
    CHECK(human_cell(column, sonde_duration(4'100)) == "4.1 us");
    column.type = SONDE_STRING;
    CHECK(human_cell(column, sonde_string("a\nb")) == "a?b");
}
