#include "frames/description.hpp"

#include "frames/samples.hpp"
#include "support/catch.hpp"

#include <functional>

using namespace sonde;
using namespace sonde::frames;

namespace {

// What check() says of the sample after a change.
std::string after(const std::function<void(Description &)> &change)
{
    Description description = samples::description();
    change(description);
    const Result<void> checked = check(description);
    return checked ? "fine" : to_string(checked.error());
}

} // namespace

TEST_CASE("a description that keeps the rules is accepted")
{
    CHECK(after([](Description &) {}) == "fine");
    CHECK(after([](Description &d) { d.methods[0].flags |= 1u << 30; }) == "fine");
}

TEST_CASE("each broken rule of a description is named with its place")
{
    using D = Description;
    CHECK(after([](D &d) { d.name = "Ping"; }).starts_with("name: 'Ping' is no id"));
    CHECK(after([](D &d) { d.version = ""; }) == "echo-test: no version");
    CHECK(after([](D &d) { d.methods.clear(); }).starts_with("echo-test: no method"));
    CHECK(after([](D &d) { d.methods.push_back(d.methods[0]); }) == "echo-test: two methods are the same");
    CHECK(after([](D &d) { d.methods[0].version = "1"; }).starts_with("echo-test: version '1'"));
    CHECK(after([](D &d) { d.methods[0].functions.clear(); }).starts_with("echo-test: implements no registry entry"));
    CHECK(after([](D &d) {
              d.methods[0].functions.erase(d.methods[0].functions.begin());
          }).starts_with("echo-test: its first function fixes options"));
    CHECK(after([](D &d) { d.methods[0].functions.push_back(d.methods[0].functions.back()); }) ==
          "echo-test: two functions are the same");
    CHECK(after([](D &d) { d.methods[0].functions[1].fixed_options[0] = "size=\n"; }) ==
          "echo-test: a fixed option has a control character (one line of text)");
    CHECK(after([](D &d) { d.methods[0].help = "two\nlines"; }).starts_with("echo-test: help has a control character"));
    CHECK(after([](D &d) { d.vendor = "\xff"; }) == "echo-test: vendor is not UTF-8");
    CHECK(after([](D &d) { d.manual = "a bell\a"; }).starts_with("echo-test: the manual has a control character"));
    CHECK(after([](D &d) { d.manual = "\xff"; }) == "echo-test: the manual is not UTF-8");
    CHECK(after([](D &d) { d.methods[0].parameters = {"Contract"}; }).starts_with("echo-test: 'Contract' is no name"));
    CHECK(after([](D &d) { d.methods[0].parameters = {"a", "a"}; }) == "echo-test: two parameters are the same");
}

TEST_CASE("each broken rule of an option is named with its place")
{
    const auto option = [](const std::function<void(OptionDescription &)> &change) {
        return after([&](Description &d) { change(d.methods[0].options[1]); });
    };
    using O = OptionDescription;
    CHECK(option([](O &o) { o.id = "packet-size"; }).starts_with("echo-test: 'packet-size' is no id"));
    CHECK(option([](O &o) { o.id = "source"; }).starts_with("echo-test/source: every method has this option"));
    CHECK(option([](O &o) { o.id = "target"; }) == "echo-test: two options are the same");
    CHECK(option([](O &o) { o.type = SONDE_TIMESTAMP; }) == "echo-test/size: an option cannot be of timestamp");
    CHECK(option([](O &o) { o.type = 77; }) == "echo-test/size: an option cannot be of type 77");
    CHECK(option([](O &o) { o.words = {"a"}; }) == "echo-test/size: an enum has words, and nothing else has");
    CHECK(option([](O &o) { o.required = true; }) == "echo-test/size: a required option has no default");
    CHECK(after([](Description &d) { d.methods[0].options.resize(65); }) == "echo-test: more than 64 options");
}

TEST_CASE("each broken rule of a column is named with its place")
{
    const auto column = [](std::size_t index, const std::function<void(ColumnDescription &)> &change) {
        return after([&](Description &d) { change(d.methods[0].tables[0].columns[index]); });
    };
    using C = ColumnDescription;
    CHECK(column(0, [](C &c) { c.clock = SONDE_CLOCK_NONE; }).starts_with("echo-test/packet/at: a timestamp names"));
    CHECK(column(1, [](C &c) { c.clock = SONDE_CLOCK_WALL; }).starts_with("echo-test/packet/rtt: a timestamp names"));
    CHECK(column(1, [](C &c) { c.type = SONDE_URL; }) == "echo-test/packet/rtt: a column cannot be of url");
    CHECK(column(1, [](C &c) { c.words = {"a"}; }) == "echo-test/packet/rtt: only a string column has words");
    CHECK(column(2, [](C &c) { c.words = {"a", "a"}; }) == "echo-test/packet/outcome: two words are the same");
    CHECK(column(2, [](C &c) { c.words = {"a,b"}; }).starts_with("echo-test/packet/outcome: 'a,b' is no word"));
    CHECK(column(2, [](C &c) { c.id = "rtt"; }) == "echo-test/packet: two columns are the same");
    CHECK(after([](Description &d) { d.methods[0].tables[0].columns.clear(); }).starts_with("echo-test/packet: 0 col"));
}

TEST_CASE("each broken rule of a status is named with its place")
{
    const auto statuses = [](const std::vector<StatusDescription> &all) {
        return after([&](Description &d) { d.methods[0].statuses = all; });
    };
    CHECK(statuses({{100, "host", 0, ""}}).starts_with("echo-test/host: status code 100"));
    CHECK(statuses({{0, "none", 0, ""}}).starts_with("echo-test/none: status code 0"));
    CHECK(statuses({{1, "odd", 8, ""}}) == "fine"); // a later header's, taken as unknown
    CHECK(statuses({{1, "a", 0, ""}, {1, "b", 0, ""}}) == "echo-test: two status codes are the same");
    CHECK(statuses({{1, "a", 0, ""}, {2, "a", 0, ""}}) == "echo-test: two statuses are the same");
}
