#include "plugin_host/option_value.hpp"
#include "plugin_host/options.hpp"

#include "support/catch.hpp"

#include <net/if.h>

using namespace sonde;
using namespace sonde::plugin_host;

namespace {

frames::OptionDescription option(const char *id, sonde_type type)
{
    frames::OptionDescription made;
    made.id = id;
    made.type = type;
    return made;
}

// Like ping's, with one option of each kind of check.
frames::MethodDescription probe_method()
{
    frames::MethodDescription method;
    method.id = "probe";
    auto target = option("target", SONDE_HOST);
    target.list = target.required = target.target = true;
    auto count = option("count", SONDE_INT);
    count.default_value = "10";
    count.minimum = "1";
    count.maximum = "1000";
    auto interval = option("interval", SONDE_DURATION);
    interval.default_value = "1s";
    interval.minimum = "10ms";
    auto size = option("size", SONDE_INT);
    size.unit = "B";
    size.default_value = "56";
    auto kind = option("kind", SONDE_ENUM);
    kind.words = {"plain", "fancy"};
    kind.default_value = "plain";
    auto quick = option("quick", SONDE_BOOL);
    quick.default_value = "false";
    auto share = option("share", SONDE_DOUBLE);
    share.minimum = "0";
    share.maximum = "1";
    auto note = option("note", SONDE_STRING);
    note.maximum = "5";
    auto wait = option("wait", SONDE_DURATION);
    auto ports = option("ports", SONDE_PORT);
    ports.list = true;
    ports.default_value = "53,853";
    method.options = {target, count, interval, size, kind, quick, share, note, wait, ports};
    return method;
}

std::vector<model::Option> given(std::initializer_list<std::pair<const char *, const char *>> pairs)
{
    std::vector<model::Option> options;
    for (const auto &[name, value] : pairs)
        options.push_back(
            {std::to_string(options.size()), name, value ? std::optional<std::string>(value) : std::nullopt});
    return options;
}

// The only error that these options get.
Error error_of(std::initializer_list<std::pair<const char *, const char *>> pairs)
{
    const auto reading = read_options(probe_method(), given(pairs));
    if (reading.errors.size() != 1)
        return {"not one error", model::to_lines(reading.errors), ""};
    return reading.errors.front();
}

} // namespace

TEST_CASE("options arrive by position, with defaults filled in")
{
    const auto reading = read_options(probe_method(), given({{"target", "localhost"}, {"size", "4KiB"}}));
    REQUIRE(reading);
    const auto &values = reading->values;
    REQUIRE(values.size() == 10);
    CHECK(values[0] == frames::OptionValue{true, {{0, 0, "localhost"}}});
    CHECK(values[1] == frames::OptionValue{false, {{10, 0, "10"}}});
    CHECK(values[2] == frames::OptionValue{false, {{1'000'000'000, 0, "1s"}}});
    CHECK(values[3] == frames::OptionValue{false, {{4096, 0, "4KiB"}}});
    CHECK(values[4] == frames::OptionValue{false, {{0, 0, "plain"}}});
    CHECK(values[5] == frames::OptionValue{false, {{0, 0, "false"}}});
    CHECK(values[6] == frames::OptionValue{false, {}});
    CHECK(values[9] == frames::OptionValue{true, {{53, 0, "53"}, {853, 0, "853"}}});
    CHECK(reading->targets == std::vector<std::string>{"localhost"});
    CHECK(reading->network == Network{});
}

TEST_CASE("a list takes repetitions and commas, a scalar the last value")
{
    const auto reading = read_options(probe_method(), given({{"target", "a.example,b.example"},
                                                             {"count", "5"},
                                                             {"target", "::1"},
                                                             {"count", "7"},
                                                             {"kind", "fancy"},
                                                             {"quick", nullptr},
                                                             {"share", "0.5"},
                                                             {"ports", "443"}}));
    REQUIRE(reading);
    CHECK(reading->targets == std::vector<std::string>{"a.example", "b.example", "::1"});
    CHECK(reading->values[1].items == std::vector<frames::Scalar>{{7, 0, "7"}});
    CHECK(reading->values[4].items == std::vector<frames::Scalar>{{1, 0, "fancy"}});
    CHECK(reading->values[5].items == std::vector<frames::Scalar>{{1, 0, "true"}});
    CHECK(reading->values[6].items == std::vector<frames::Scalar>{{0, 0.5, "0.5"}});
    CHECK(reading->values[9].items == std::vector<frames::Scalar>{{443, 0, "443"}});
}

TEST_CASE("an unknown option is named, with what was probably meant")
{
    const Error error = error_of({{"target", "localhost"}, {"cuont", "3"}});
    CHECK(error.what == "probe has no option 'cuont'");
    CHECK(error.hint == "did you mean 'count'?");
    CHECK(error_of({{"target", "localhost"}, {"interfaec", "lo"}}).hint == "did you mean 'interface'?");
    CHECK(error_of({{"target", "localhost"}, {"xyzzy", "3"}}).hint.empty());
}

TEST_CASE("a missing required option, a missing value and a bad value are told apart")
{
    CHECK(error_of({{"count", "3"}}) == Error{"", "probe needs 'target'", ""});
    CHECK(error_of({{"target", ""}}).what == "probe needs 'target'");
    CHECK(error_of({{"target", nullptr}}).what == "has no value");
    CHECK(error_of({{"target", "a..b"}}).where == "target");
    CHECK(error_of({{"target", "a,"}}).where == "target");
    CHECK(error_of({{"target", "a"}, {"count", "many"}}) == Error{"count", "'many' is not a whole number", ""});
    CHECK(error_of({{"target", "a"}, {"kind", "fanci"}}) ==
          Error{"kind", "'fanci' is none of plain, fancy", "did you mean 'fancy'?"});
    CHECK(error_of({{"target", "a"}, {"interval", "100"}}).hint == "durations look like 10ms, 1.5s or 2h");
    CHECK(error_of({{"target", "a"}, {"note", "\xff"}}).what == "is not UTF-8 text");
    CHECK(read_value(option("note", SONDE_STRING), std::string("a\0b", 3)).error().what == "has a NUL");
}

TEST_CASE("bounds hold, and are named")
{
    CHECK(error_of({{"target", "a"}, {"count", "0"}}).what == "0 is less than the smallest allowed, 1");
    CHECK(error_of({{"target", "a"}, {"count", "1001"}}).what == "1001 is more than the largest allowed, 1000");
    CHECK(error_of({{"target", "a"}, {"interval", "9ms"}}).what == "9ms is less than the smallest allowed, 10ms");
    CHECK(error_of({{"target", "a"}, {"share", "1.1"}}).what == "1.1 is more than the largest allowed, 1");
    CHECK(error_of({{"target", "a"}, {"note", "longer"}}).what == "has 6 bytes, more than the largest allowed, 5");
    CHECK(error_of({{"target", "a"}, {"wait", "-1s"}}).what == "-1s is negative");
    CHECK(error_of({{"target", "a"}, {"ports", "53,0"}}).where == "ports");
}

TEST_CASE("every error is found, not only the first")
{
    const auto reading = read_options(probe_method(), given({{"count", "x"}, {"nonsense", "1"}, {"family", "5"}}));
    REQUIRE_FALSE(reading);
    CHECK(reading.errors.size() == 4);
}

TEST_CASE("interface, source and family are the host's for every method [A4]")
{
    const auto reading = read_options(
        probe_method(), given({{"target", "a"}, {"interface", "lo"}, {"source", "127.0.0.1"}, {"family", "any"}}));
    REQUIRE(reading);
    CHECK(reading->network.interface == "lo");
    CHECK(reading->network.interface_index == if_nametoindex("lo"));
    CHECK(reading->network.family == 4);
    CHECK(reading->network.source.family == 4);
    CHECK(reading->network.source.bytes[0] == 127);

    const auto link_local =
        read_options(probe_method(), given({{"target", "a"}, {"interface", "lo"}, {"source", "fe80::1"}}));
    REQUIRE(link_local);
    CHECK(link_local->network.source.interface == if_nametoindex("lo"));

    const Error none = error_of({{"target", "a"}, {"interface", "no-such-if"}});
    CHECK(none.what == "no interface 'no-such-if' here");
    CHECK(none.hint.find("lo") != std::string::npos);
    CHECK(error_of({{"target", "a"}, {"source", "host"}}).where == "source");
    CHECK(error_of({{"target", "a"}, {"family", "5"}}).what == "'5' is none of 4, 6, any");
    CHECK(error_of({{"target", "a"}, {"source", "::1"}, {"family", "4"}}).what == "is not of family 4");
    CHECK(error_of({{"target", "a"}, {"interface", "an-interface-name-that-is-too-long"}}).where == "interface");
}

TEST_CASE("a method that needs an interface says so")
{
    auto method = probe_method();
    method.flags = SONDE_NEEDS_INTERFACE;
    const auto reading = read_options(method, given({{"target", "a"}}));
    REQUIRE(reading.errors.size() == 1);
    CHECK(reading.errors[0].what == "probe needs an interface");
    CHECK(read_options(method, given({{"target", "a"}, {"interface", "lo"}})));
}

TEST_CASE("a list of more values than a process can be given is refused")
{
    std::string many = "53";
    for (int i = 0; i < 20'000; ++i)
        many += ",53";
    CHECK(error_of({{"target", "a"}, {"ports", many.c_str()}}).where == "ports");
}

TEST_CASE("a description is refused when its own texts make no sense")
{
    frames::Description description;
    description.methods = {probe_method()};
    CHECK(check_texts(description));
    const auto refused = [&](auto &&change) {
        frames::Description changed = description;
        change(changed.methods[0].options);
        const auto checked = check_texts(changed);
        return checked ? "not refused" : to_string(checked.error());
    };
    CHECK(refused([](auto &o) { o[1].default_value = "ten"; }) ==
          "probe/count: its default value 'ten' is not a whole number");
    CHECK(refused([](auto &o) { o[1].default_value = "0"; }) ==
          "probe/count: its default value 0 is less than the smallest allowed, 1");
    CHECK(refused([](auto &o) { o[2].minimum = "10"; }) ==
          "probe/interval: its bound '10' has no unit (durations look like 10ms, 1.5s or 2h)");
    CHECK(refused([](auto &o) { o[4].maximum = "plain"; }) == "probe/kind: an option of type enum has no bounds");
    CHECK(refused([](auto &o) { o[0].id = "family"; }) ==
          "probe/family: is an option of the host and may not be declared");
    CHECK(refused([](auto &o) { o[0].default_value = "a"; }) == "probe/target: is required and has a default value");
}

TEST_CASE("a function that a task names fills in what it fixes, and suffers no other value")
{
    auto method = probe_method();
    method.functions = {
        {"urn:any", {}},
        {"urn:narrow", {"client"}, {"count=3", "interval=1500ms", "size=1kB", "kind=fancy", "note=x", "ports=53"}}};
    using Pairs = std::initializer_list<std::pair<const char *, const char *>>;
    const auto read = [&](Pairs pairs, const char *uri, std::vector<std::string> roles = {}) {
        return read_options(method, given(pairs), std::vector<model::Function>{{uri, std::move(roles)}});
    };
    const auto filled = read({{"target", "a"}, {"wait", "2s"}}, "urn:narrow", {"client"});
    REQUIRE(filled);
    CHECK(filled->values[1] == frames::OptionValue{false, {{3, 0, "3"}}});
    CHECK(filled->values[2] == frames::OptionValue{false, {{1'500'000'000, 0, "1500ms"}}});
    CHECK(filled->values[4] == frames::OptionValue{false, {{1, 0, "fancy"}}});
    CHECK(filled->values[5] == frames::OptionValue{false, {{0, 0, "false"}}});
    CHECK(filled->values[8].items.size() == 1);
    CHECK(filled->values[9] == frames::OptionValue{true, {{53, 0, "53"}}});
    // The same, written in another way.
    CHECK(read({{"target", "a"}, {"interval", "1.5s"}, {"size", "1000"}, {"ports", "53"}}, "urn:narrow"));

    const auto refused = [&](const char *name, const char *value) {
        const auto reading = read({{"target", "a"}, {name, value}}, "urn:narrow");
        return reading.errors.size() == 1 ? to_string(reading.errors.front()) : model::to_lines(reading.errors);
    };
    CHECK(refused("count", "10") ==
          "count: is 10, and urn:narrow fixes it at 3 (leave it out, or name urn:any, which fits any options)");
    CHECK(refused("kind", "plain").starts_with("kind: is plain, and urn:narrow fixes it at fancy"));
    CHECK(refused("note", "y").starts_with("note: is y, and"));
    CHECK(refused("ports", "53,853").starts_with("ports: is 53,853, and urn:narrow fixes it at 53 "));
    CHECK(refused("count", "ten") == "count: 'ten' is not a whole number");

    CHECK(read({{"target", "a"}, {"count", "10"}}, "urn:any"));
    CHECK(read_options(method, given({{"target", "a"}}))->values[1] == frames::OptionValue{false, {{10, 0, "10"}}});

    // Two that contradict each other are never both measured.
    method.functions.push_back({"urn:other", {}, {"count=4"}});
    const std::vector<model::Function> both{{"urn:narrow", {}}, {"urn:other", {}}};
    CHECK(model::to_lines(read_options(method, given({{"target", "a"}}), both).errors) ==
          "count: is 3 by urn:narrow, and urn:other fixes it at 4 (name one of the two, or urn:any, which fits any "
          "options)\n");
}

TEST_CASE("a description is refused whose functions fix what options cannot be")
{
    frames::Description description;
    description.methods = {probe_method()};
    const auto checked = [&](std::vector<std::string> fixed) {
        description.methods[0].functions = {{"urn:any", {}}, {"urn:narrow", {}, std::move(fixed)}};
        const auto result = check_texts(description);
        return result ? "" : to_string(result.error());
    };
    CHECK(checked({"count=3", "ports=53,853", "target=a"}) == "");
    CHECK(checked({"cuont=3"}) == "probe: a function fixes 'cuont=3' (NAME=VALUE of an option)");
    CHECK(checked({"count"}) == "probe: a function fixes 'count' (NAME=VALUE of an option)");
    CHECK(checked({"count=0"}) == "probe/count: its fixed value 0 is less than the smallest allowed, 1");
    CHECK(checked({"ports="}) == "probe/ports: its fixed value is empty");
    CHECK(checked({"count=3", "count=3"}) == "probe/count: is fixed twice by urn:narrow");
}

TEST_CASE("the first required option may stand without its name")
{
    auto method = probe_method();
    REQUIRE(positional(method) != nullptr);
    CHECK(positional(method)->id == "target");
    method.options[0].required = false;
    CHECK(positional(method) == nullptr);
}
