#include "plugin_host/options.hpp"
#include "plugin_host/traffic_bound.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::plugin_host;

namespace {

frames::OptionDescription option(const std::string &id, sonde_type type, std::optional<std::string> standard)
{
    frames::OptionDescription option;
    option.id = id;
    option.type = type;
    option.default_value = std::move(standard);
    return option;
}

frames::MethodDescription method(const std::string &bound)
{
    frames::MethodDescription method;
    method.id = "sends";
    method.options = {option("count", SONDE_INT, "10"),
                      option("size", SONDE_INT, "56"),
                      option("duration", SONDE_DURATION, "2500ms"),
                      option("factor", SONDE_DOUBLE, "0.5"),
                      option("twice", SONDE_BOOL, "true"),
                      option("target", SONDE_HOST, std::nullopt),
                      option("word", SONDE_STRING, "a"),
                      option("absent", SONDE_INT, std::nullopt)};
    method.options[5].list = true;
    method.traffic_bound = bound;
    return method;
}

std::uint64_t value(const std::string &bound, const std::vector<model::Option> &given = {})
{
    const frames::MethodDescription described = method(bound);
    REQUIRE(check_traffic_bound(described));
    return traffic_bound(described, read_options(described, given)->values).value();
}

std::string wrong(const std::string &bound)
{
    const Result<void> checked = check_traffic_bound(method(bound));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().where == "sends/traffic_bound");
    return checked.error().what;
}

} // namespace

TEST_CASE("a traffic bound is arithmetic over the values of a run's options")
{
    CHECK(value("7") == 7);
    CHECK(value("count * (size + 28) * 2") == 1680);
    CHECK(value("count*size", {{"1", "count", "3"}}) == 168);
    CHECK(value("1 + 2 * 3 - 4 / 2") == 5);
    CHECK(value("10 - 2 - 3") == 5);
    CHECK(value("duration * 1000") == 2500);
    CHECK(value("size * factor * twice") == 28);
    CHECK(value("min(count, size) + max(count, size)") == 66);
    CHECK(value("max(1, min(2, (3)))") == 2);
    CHECK(value("target * 100") == 0);
    CHECK(value("target * 100", {{"1", "target", "a.example,b.example"}, {"2", "target", "c.example"}}) == 300);
}

TEST_CASE("a traffic bound is rounded up, is never negative, and without end where it is no number")
{
    CHECK(value("count / 3") == 4);
    CHECK(value("1 - count") == 0);
    CHECK(value("1 / (count - 10)") == UINT64_MAX);
    CHECK(value("(count - 10) / (count - 10)") == UINT64_MAX);
    CHECK(value("min(5, 1 / (count - 10))") == UINT64_MAX);
    CHECK(value("1 / (1 / (count - 10))") == UINT64_MAX);
    CHECK(value("1000000000000 * 1000000000000") == UINT64_MAX);
}

TEST_CASE("a method without a traffic bound has none")
{
    frames::MethodDescription none = method("");
    none.traffic_bound.reset();
    CHECK(check_traffic_bound(none));
    CHECK_FALSE(traffic_bound(none, {}));
}

TEST_CASE("a traffic bound that is no expression over the options is refused with the place")
{
    CHECK(wrong("") == "it ends where a value should be");
    CHECK(wrong("count *") == "it ends where a value should be");
    CHECK(wrong("count ** 2") == "'* 2' stands where a value should be");
    CHECK(wrong("-1") == "'-1' stands where a value should be");
    CHECK(wrong("count size") == "'size' is not understood");
    CHECK(wrong("(count") == "')' is missing at the end");
    CHECK(wrong("max(count)") == "',' is missing before ')'");
    CHECK(wrong("sqrt(count, 2)") == "there is no function 'sqrt'");
    CHECK(wrong("cuont") == "there is no option 'cuont'");
    CHECK(wrong("word * 2") == "'word' is no number");
    CHECK(wrong("absent * 2") == "'absent' may be absent: it needs a default value, or to be required");
    CHECK(wrong(std::string(1000, '(') + "1" + std::string(1000, ')')) == "it nests too deep");
    CHECK(wrong("1e5") == "'e5' is not understood");
    CHECK(wrong("1;count") == "';count' is not understood");
}
