#include "store/check.hpp"

#include "model/outcomes.hpp"
#include "store_support.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

// The error for a result that `change` has made wrong.
template <class Change>
Error error_of(Change change)
{
    auto result = result_of(1, {packet_table(2)});
    change(result);
    const auto checked = check(report_of({result_of(2, {packet_table(1)}), result}));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().where.starts_with("/ietf-lmap-report:input/result[2]/"));
    return checked.error();
}

} // namespace

TEST_CASE("a good report passes")
{
    CHECK(check(report_of({result_of(1, {packet_table(2)}), result_of(2, {})})));
    CHECK(check(report_of({})));
}

TEST_CASE("hostile names are refused with their place")
{
    CHECK(error_of([](auto &r) { r.method = "ping\"; DROP TABLE _row; --"; }).where.ends_with("/method"));
    CHECK(error_of([](auto &r) { r.method = ""; }).where.ends_with("/method"));
    CHECK(error_of([](auto &r) { r.tables[0].name = "x y"; }).where.ends_with("/table[1]/name"));
    CHECK(error_of([](auto &r) { r.tables[0].columns[1].name = "_row"; }).where.ends_with("/table[1]/column"));
    CHECK(error_of([](auto &r) { r.tables[0].columns[1].name = "'"; }).hint.find("[a-z]") != std::string::npos);
}

TEST_CASE("columns whose description takes too much are refused")
{
    const std::string word(200, 'w');
    const auto error = error_of([&](auto &r) { r.tables[0].columns[8].words = std::vector<std::string>(400, word); });
    CHECK(error.where.ends_with("/table[1]/column"));
    CHECK(error.hint == "at most 65536");
}

TEST_CASE("names that are there twice are refused")
{
    CHECK(error_of([](auto &r) { r.tables.push_back(packet_table(0)); }).what == "'packet' is there twice");
    CHECK(error_of([](auto &r) { r.tables[0].columns[1].name = "rtt"; }).what == "'rtt' is there twice");
}

TEST_CASE("cells that are not what their column says are refused")
{
    CHECK(error_of([](auto &r) { r.tables[0].rows[1].pop_back(); }).where.ends_with("/table[1]/row[2]"));
    CHECK(error_of([](auto &r) { r.tables[0].rows[0][1] = "1]} x"; }).where.ends_with("/row[1]/value[2]"));
    CHECK(error_of([](auto &r) { r.tables[0].rows[0][5] = "inf"; }).what == "'inf' is no double");
    CHECK(error_of([](auto &r) { r.tables[0].columns[0].type = "text"; }).what == "'text' is no type of a column");
    CHECK(error_of([](auto &r) { r.identity.sequence = ~std::uint64_t{0}; }).where.ends_with("/sequence"));
}

TEST_CASE("outcomes that are none are refused")
{
    model::Outcome outcome;
    outcome.run = random_uuid();
    auto result = model::outcomes_result(std::vector{outcome}, {kEpoch, 1}, random_uuid(), at(1));
    CHECK(check(report_of({result})));
    result.tables.at(0).columns.erase(result.tables[0].columns.begin());
    result.tables[0].rows[0].erase(result.tables[0].rows[0].begin());
    CHECK_FALSE(check(report_of({result})));
}
