#include "frames/messages.hpp"
#include "frames/rows.hpp"
#include "plugin_host/cells.hpp"
#include "plugin_host/reported_inputs.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace sonde;
using namespace sonde::plugin_host;

namespace {

model::ReportedResult every_type()
{
    model::ReportedResult result;
    result.method = "m";
    model::Table &table = result.tables.emplace_back();
    table.name = "all";
    table.columns = {{"a", "bool", "", {}},          {"b", "int", "B", {}},       {"c", "double", "ratio", {}},
                     {"d", "string", "", {}},        {"e", "bytes", "", {}},      {"f", "timestamp", "", {}},
                     {"g", "timestamp", "ns", {}},   {"h", "duration", "ns", {}}, {"i", "address", "", {}},
                     {"j", "string", "", {"x", "y"}}};
    table.rows = {{"true", "-12", "0.1", "réply", "Zm9v", "2026-11-24T04:05:00.000000007Z", "71204000000", "11204000",
                   "192.0.2.1", "x"},
                  {"false", "9223372036854775807", "-1e+300", "", "", "1999-12-31T23:59:59.999999999Z", "-1", "0",
                   "2001:db8::1", "y"},
                  {"false", "0", "5", "", "AA==", "2026-11-24T04:05:00.000000000Z", "0", "-5", "::", "y"},
                  std::vector<model::Cell>(10)};
    return result;
}

// What a run is given, as it would be reported again.
model::Table sent(Input &input)
{
    model::Table table;
    const std::vector<frames::Frame> messages = input.messages(0);
    const auto first = frames::decode<frames::AgentToRun>(messages.front()).value();
    const frames::TableDescription description = std::get<frames::InputTable>(first).table;
    table.name = description.id;
    for (const frames::ColumnDescription &column : description.columns)
        table.columns.push_back(reported_column(column));
    const frames::RowFormat format(description);
    for (std::size_t i = 1; i < messages.size(); ++i) {
        const auto message = frames::decode<frames::AgentToRun>(messages[i]).value();
        frames::RowReader reader(format, std::get<frames::Rows>(message));
        while (reader.next()) {
            auto &row = table.rows.emplace_back();
            for (std::size_t j = 0; j < reader.cells().size(); ++j) {
                const sonde_cell &cell = reader.cells()[j];
                row.push_back(cell.type == SONDE_NULL ? model::Cell() : reported_cell(description.columns[j], cell));
            }
        }
        CHECK_FALSE(reader.error());
    }
    return table;
}

} // namespace

TEST_CASE("what was reported reaches a run as it was made, whatever its type [A5]")
{
    const model::ReportedResult result = every_type();
    ReportedInputs all;
    REQUIRE(all.add(result).value());
    REQUIRE(all.inputs().size() == 1);
    CHECK(sent(*all.inputs()[0]) == result.tables[0]);
}

TEST_CASE("results with the same table are one input in their order, others another one")
{
    model::ReportedResult first = every_type();
    model::Table &summary = first.tables.emplace_back();
    summary.name = "summary";
    summary.columns = {{"n", "int", "", {}}};
    model::ReportedResult newer = first; // of a plugin that has one column more
    newer.tables[1].columns.push_back({"more", "int", "", {}});
    ReportedInputs all;
    for (const auto *one : {&first, &first, &newer})
        REQUIRE(all.add(*one).value());
    REQUIRE(all.inputs().size() == 3);
    CHECK(sent(*all.inputs()[0]).rows.size() == 12);
    CHECK(sent(*all.inputs()[1]).rows.empty());
    CHECK(sent(*all.inputs()[2]).columns.size() == 2);
}

TEST_CASE("an input takes as much as a run may hold, and nothing that is no row")
{
    model::ReportedResult big;
    big.method = "m";
    big.tables = {{"t", {}, {{"text", "string", "", {}}}, {}}};
    big.tables[0].rows.assign(100, {std::string(50'000, 'x')});
    ReportedInputs all;
    int taken = 0;
    for (; all.add(big).value(); ++taken)
        REQUIRE(taken < 10);
    CHECK(taken == 3); // of 5 MB each

    const auto wrong = [](model::Column column, std::string text) {
        model::ReportedResult result;
        result.tables = {{"t", {}, {std::move(column)}, {{std::move(text)}}}};
        ReportedInputs none;
        const auto added = none.add(result);
        CHECK(none.inputs().empty() == !added);
        return added ? std::string() : to_string(added.error());
    };
    CHECK(wrong({"n", "int", "", {}}, "12") == "");
    CHECK(wrong({"n", "int", "", {}}, "twelve") == "t/n: a cell that is no int");
    CHECK(wrong({"n", "timestamp", "", {}}, "12") == "t/n: a cell that is no timestamp");
    CHECK(wrong({"n", "number", "", {}}, "12") == "n: there is no type 'number' of cells");
    CHECK(wrong({"n", "string", "", {"x"}}, "y") == "t/n: 'y' is not among the declared words");
    CHECK(wrong({"n", "string", "", {}}, std::string(70'000, 'x')).starts_with("t: a row of 70016 bytes"));
}
