#include "model/date_time.hpp"
#include "model/report_json.hpp"

#include "files.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::model;

namespace {

const std::string kReport = R"({"ietf-lmap-report:input": {
  "date": "2026-11-24T04:00:31Z", "agent-id": "6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77",
  "result": [{
    "sonde-lmap:epoch": "0b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77", "sonde-lmap:sequence": "18446744073709551615",
    "sonde-lmap:run": "1b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77", "sonde-lmap:part": 1, "sonde-lmap:last": false,
    "sonde-lmap:method": "ping", "sonde-lmap:method-version": "1.0", "sonde-lmap:message": "",
    "schedule": "hourly", "action": "ping", "task": "ping", "tag": ["a", "a"],
    "option": [{"id": "1", "name": "target", "value": "192.0.2.1"}],
    "event": "2026-11-24T04:00:00Z", "start": "2026-11-24T04:00:17.2003Z", "end": "2026-11-24T04:00:18Z",
    "cycle-number": "20261124.040000", "status": -9,
    "table": [{
      "sonde-lmap:name": "packet", "column": ["target", "rtt"],
      "sonde-lmap:column-type": [{"name": "target", "type": "string"}, {"name": "rtt", "type": "duration", "unit": "ns"}],
      "row": [{"value": ["192.0.2.1", "11204000"]}, {"value": ["", ""], "sonde-lmap:null": [1]}]
    }]
  }]
}})";

std::string report_errors(const std::string &text)
{
    std::string lines = to_lines(read_report(text).errors);
    const std::string root = "/ietf-lmap-report:input/";
    for (std::size_t at = lines.find(root); at != std::string::npos; at = lines.find(root))
        lines.erase(at, root.size());
    return lines;
}

std::string changed_report(const std::string &from, const std::string &to)
{
    return report_errors(replaced(kReport, from, to));
}

} // namespace

TEST_CASE("a report is read into its structs [A9]")
{
    const Reading<Report> reading = read_report(kReport);
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(reading->date == parse_date_time("2026-11-24T04:00:31Z").value());
    REQUIRE(reading->results.size() == 1);
    const ReportedResult &result = reading->results[0];
    CHECK(result.identity.sequence == 18446744073709551615u);
    CHECK(result.part == 1);
    CHECK_FALSE(result.last);
    CHECK(result.status == -9);
    CHECK(result.tags == std::vector<std::string>{"a", "a"});
    REQUIRE(result.tables.size() == 1);
    CHECK(result.tables[0].columns == std::vector<Column>{{"target", "string", "", {}}, {"rtt", "duration", "ns", {}}});
    CHECK(result.tables[0].rows == std::vector<std::vector<Cell>>{{"192.0.2.1", "11204000"}, {"", std::nullopt}});
}

TEST_CASE("a null and an empty string stay apart")
{
    ReportedResult result;
    result.method = "m";
    result.tables.push_back({"t", {}, {{"a", "string", "", {}}, {"b", "string", "", {}}}, {{"", std::nullopt}}});
    const std::string text = write_result(result);
    CHECK(text.find(R"("row":[{"value":["",""],"sonde-lmap:null":[1]}])") != std::string::npos);
    CHECK(*read_result(text) == result);
}

TEST_CASE("a result without its identity is refused [D2]")
{
    CHECK(changed_report(R"("sonde-lmap:epoch": "0b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77",)", "") ==
          "result[1]/sonde-lmap:epoch: is missing (it is mandatory)\n");
    CHECK(changed_report(R"("sonde-lmap:sequence": "18446744073709551615",)", "") ==
          "result[1]/sonde-lmap:sequence: is missing (it is mandatory)\n");
    CHECK(changed_report(R"("sonde-lmap:run": "1b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77",)", "") ==
          "result[1]/sonde-lmap:run: is missing (it is mandatory)\n");
    CHECK(changed_report("\"sonde-lmap:method\": \"ping\",", "") ==
          "result[1]/sonde-lmap:method: is missing (it is mandatory)\n");
    CHECK(changed_report(R"("status": -9,)", "") == "result[1]/status: is missing (it is mandatory)\n");
}

TEST_CASE("64-bit integers are strings, 32-bit ones are numbers")
{
    CHECK(changed_report("\"18446744073709551615\"", "7") ==
          "result[1]/sonde-lmap:sequence: a whole number in quotes was expected, here is a number (64-bit integers are "
          "strings in JSON (RFC 7951 section 6.1))\n");
    for (const char *bad : {"\"18446744073709551616\"", "\"-1\"", "\"+1\"", "\"\"", "\"1 \"", "\"0x1\""}) {
        INFO(bad);
        CHECK(changed_report("\"18446744073709551615\"", bad).find("a whole number from 0 to 18446744073709551615") !=
              std::string::npos);
    }
    CHECK(changed_report(R"("sonde-lmap:part": 1)", R"("sonde-lmap:part": "1")").find("a number was expected") !=
          std::string::npos);
    CHECK(changed_report(R"("status": -9)", R"("status": 2147483648)").find("is out of range") != std::string::npos);
}

TEST_CASE("a name of sonde-lmap without its module is unknown, and the hint has it")
{
    CHECK(changed_report(R"("sonde-lmap:part")", R"("part")").find("did you mean 'sonde-lmap:part'?") !=
          std::string::npos);
}

TEST_CASE("every row fits its columns in number and type [D1]")
{
    CHECK(changed_report(R"("192.0.2.1", "11204000")", R"("192.0.2.1")") ==
          "result[1]/table[1]/row[1]/value: has 1 cells (the table has 2 columns)\n");
    CHECK(changed_report(R"("11204000")", R"("11.2 ms")") ==
          "result[1]/table[1]/row[1]/value[2]: '11.2 ms' is no duration (column 'rtt')\n");
    CHECK(changed_report(R"("11204000")", "11204000") ==
          "result[1]/table[1]/row[1]/value: a string was expected, here is a number (cells of every type are strings "
          "here)\n");
    CHECK(changed_report(R"("11204000")", R"("")") ==
          "result[1]/table[1]/row[1]/value[2]: '' is no duration (column 'rtt')\n");
    CHECK(changed_report(R"({"value": ["192.0.2.1", "11204000"]})", "[]") ==
          "result[1]/table[1]/row[1]: an object was expected, here is an array\n");
    CHECK(changed_report(R"({"value": ["192.0.2.1", "11204000"]})", "{}") ==
          "result[1]/table[1]/row[1]/value: has 0 cells (the table has 2 columns)\n");
    CHECK(changed_report(R"({"value": ["192.0.2.1", "11204000"]})", R"({"values": []})") ==
          "result[1]/table[1]/row[1]/values: no node named 'values' (did you mean 'value'? nodes here: value, "
          "sonde-lmap:null)\n");
    CHECK(changed_report(R"({"value": ["192.0.2.1", "11204000"]})", R"({"value": [], "value": []})") ==
          "result[1]/table[1]/row[1]/value: is there twice\n");
}

TEST_CASE("a null's position is that of an empty value")
{
    const auto position = [](const std::string &list) {
        return changed_report(R"("sonde-lmap:null": [1])", "\"sonde-lmap:null\": " + list);
    };
    CHECK(position("[0, 1]") == "");
    CHECK(position("[2]").find("position 2 is not an empty value") != std::string::npos);
    CHECK(position("[1, 1]").find("position 1 is not an empty value") != std::string::npos);
    CHECK(position("[-1]").find("is out of range") != std::string::npos);
    CHECK(position("[65536]").find("is out of range") != std::string::npos);
    CHECK(position("[\"1\"]").find("a number was expected") != std::string::npos);
    CHECK(position("1").find("an array was expected") != std::string::npos);
    CHECK(position("[]").find("'' is no duration") != std::string::npos);
}

TEST_CASE("column types name the same columns in the same order")
{
    CHECK(changed_report(R"("column": ["target", "rtt"])", R"("column": ["rtt", "target"])")
              .find("result[1]/table[1]/sonde-lmap:column-type: differs from the list 'column'") == 0);
    CHECK(changed_report(R"("column": ["target", "rtt"])", R"("column": ["target", "target"])")
              .find("result[1]/table[1]/column[2]: 'target' is there twice") == 0);
    CHECK(changed_report(R"("type": "duration")", R"("type": "time")")
              .find("/type: bool, int, double, string, bytes, timestamp, "
                    "duration or address was expected") != std::string::npos);
}

TEST_CASE("a table without column types is one of strings, as other agents may send it")
{
    const auto reading = read_report(replaced(
        kReport,
        R"("sonde-lmap:column-type": [{"name": "target", "type": "string"}, {"name": "rtt", "type": "duration", "unit": "ns"}],)",
        ""));
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(reading->results[0].tables[0].columns[1] == Column{"rtt", "string", "", {}});
}

TEST_CASE("a damaged hash or cycle number is refused")
{
    CHECK(changed_report(R"("sonde-lmap:message": "")", R"("sonde-lmap:plugin-hash": "3F9A")").find("a SHA-256 hash") !=
          std::string::npos);
    CHECK(changed_report("20261124.040000", "20261124 040000").find("a cycle number") != std::string::npos);
}

TEST_CASE("text that YANG cannot carry is mended on the way out, so that one bad message costs no report")
{
    ReportedResult result;
    result.method = "m";
    result.message = "died:\x01\xff";
    const auto reading = read_result(write_result(result));
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(reading->message == "died:\xef\xbf\xbd\xef\xbf\xbd");
}
