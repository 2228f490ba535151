#include "model/outcomes.hpp"
#include "model/report_json.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::model;
using namespace std::chrono;

namespace {

Outcome failed_run()
{
    Outcome outcome;
    outcome.run = parse_uuid("6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77").value();
    outcome.schedule = "hourly";
    outcome.action = "ping";
    outcome.task = "ping-task";
    outcome.word = OutcomeWord::failed;
    outcome.status = -11;
    outcome.blame = Blame::path;
    outcome.message = "it died: SIGSEGV";
    outcome.first_event = outcome.last_event = WallTime(hours(1));
    outcome.start = WallTime(hours(1) + nanoseconds(1));
    outcome.end = WallTime(hours(1) + seconds(3));
    outcome.lateness = microseconds(40);
    outcome.rows = 7;
    outcome.rows_dropped = 2;
    outcome.sent_bytes = 840;
    outcome.received_bytes = 420;
    return outcome;
}

Outcome missed_range()
{
    Outcome outcome;
    outcome.run = random_uuid();
    outcome.schedule = outcome.action = outcome.task = "x";
    outcome.word = OutcomeWord::missed;
    outcome.first_event = WallTime(hours(1));
    outcome.last_event = WallTime(hours(2));
    outcome.count = 3601;
    return outcome;
}

} // namespace

TEST_CASE("outcomes come back from the report as they went in [A13]")
{
    const std::vector<Outcome> outcomes{failed_run(), missed_range()};
    const ReportedResult result = outcomes_result(outcomes, {random_uuid(), 7}, random_uuid(), WallTime(hours(3)));
    REQUIRE(is_outcomes(result));
    const Reading<ReportedResult> read = read_result(write_result(result));
    REQUIRE(to_lines(read.errors) == "");
    CHECK(*read == result);
    CHECK(outcomes_of(*read).value() == outcomes);
}

TEST_CASE("a run without start has null there, never a zero")
{
    const ReportedResult result = outcomes_result(std::vector{missed_range()}, {}, {}, {});
    const auto &row = result.tables[0].rows[0];
    CHECK(result.tables[0].columns[11].name == "start");
    CHECK_FALSE(row[11].has_value());
    CHECK_FALSE(row[12].has_value());
    CHECK(result.tables[0].columns[13].name == "lateness");
    CHECK_FALSE(row[13].has_value());
    CHECK(row[8] == "1970-01-01T01:00:00.000000000Z");
}

TEST_CASE("columns that a newer agent added are passed over, whatever their place")
{
    ReportedResult result = outcomes_result(std::vector{failed_run()}, {}, {}, {});
    Table &table = result.tables[0];
    table.columns.insert(table.columns.begin(), Column{"weather", "string", "", {}});
    table.rows[0].insert(table.rows[0].begin(), "rain");
    CHECK(outcomes_of(result).value() == std::vector{failed_run()});
}

TEST_CASE("a damaged outcome row is refused with its row and column")
{
    const auto error = [](std::size_t column, Cell cell) {
        ReportedResult result = outcomes_result(std::vector{failed_run(), failed_run()}, {}, {}, {});
        result.tables[0].rows[1][column] = std::move(cell);
        return to_string(outcomes_of(result).error());
    };
    CHECK(error(0, "x") == "row 2, column run: is not a value of this column");
    CHECK(error(4, "exploded") == "row 2, column outcome: is not a value of this column");
    CHECK(error(5, "2147483648") == "row 2, column status: is not a value of this column");
    CHECK(error(10, "-1") == "row 2, column count: is not a value of this column");
    CHECK(error(10, std::nullopt) == "row 2, column count: is null or missing");
    CHECK(error(13, "1ms") == "row 2, column lateness: is not a value of this column");

    ReportedResult result = outcomes_result(std::vector{failed_run()}, {}, {}, {});
    result.tables[0].rows[0].pop_back();
    CHECK(to_string(outcomes_of(result).error()) == "row 1, column received: is null or missing");
    result.tables[0].columns.pop_back();
    CHECK(to_string(outcomes_of(result).error()) == "has no column 'received'");
    result.tables.clear();
    CHECK(outcomes_of(result).has_error());
    result.method = "ping";
    CHECK_FALSE(is_outcomes(result));
    CHECK(outcomes_of(result).has_error());
}

TEST_CASE("whose fault it was may be a word of a newer agent")
{
    ReportedResult result = outcomes_result(std::vector{failed_run()}, {}, {}, {});
    result.tables[0].rows[0][6] = "weather";
    CHECK(outcomes_of(result).value()[0].blame == Blame::unknown);
}

TEST_CASE("every outcome and blame has a word that reads back")
{
    for (int i = 0; i <= static_cast<int>(OutcomeWord::missed); ++i)
        CHECK(parse_outcome_word(to_string(static_cast<OutcomeWord>(i))) == static_cast<OutcomeWord>(i));
    for (int i = 0; i <= static_cast<int>(Blame::policy); ++i)
        CHECK(parse_blame(to_string(static_cast<Blame>(i))) == static_cast<Blame>(i));
    CHECK_FALSE(parse_outcome_word("").has_value());
    CHECK_FALSE(parse_blame("nobody").has_value());
    CHECK(std::string(to_string(OutcomeWord::not_met)) == "not_met");
}
