// What constraints, retries and a budget have to be.
#include "model/instruction_json.hpp"

#include "files.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::model;

namespace {

std::string without_root(std::string lines)
{
    const std::string root = "/ietf-lmap-control:lmap/";
    for (std::size_t at = lines.find(root); at != std::string::npos; at = lines.find(root))
        lines.erase(at, root.size());
    return lines;
}

struct Found {
    std::string errors;
    std::string warnings;
};

// A good instruction with these members of the agent and of its schedule, which is due every hour.
Found findings(const std::string &agent, const std::string &schedule)
{
    const auto reading =
        read_instruction(lmap(R"("agent": {)" + agent + R"(},
        "tasks": {"task": [{"name": "t", "program": "t"}, {"name": "r", "program": "report", "option": [{"id": "c",
            "name": "collector", "value": "https://c:1"}]}]},
        "events": {"event": [{"name": "e", "periodic": {"interval": 3600}}]},
        "schedules": {"schedule": [{"name": "s", "start": "e", )" +
                              schedule + R"("action": [{"name": "a", "task": "t", "destination": ["r"]}]},
            {"name": "r", "start": "e", "action": [{"name": "r", "task": "r"}]}]})"));
    return {without_root(to_lines(reading.errors)), without_root(to_lines(reading.warnings))};
}

// What is wrong with a constraint "c", without its path.
std::string constraint_errors(const std::string &type, const std::string &agent = "")
{
    const Found found = findings(agent, R"("sonde-lmap:constraint": [{"name": "c", )" + type + "}], ");
    CHECK(found.warnings == "");
    const std::string path = "schedules/schedule[name='s']/sonde-lmap:constraint[name='c']";
    return found.errors.empty() ? "" : replaced(found.errors, path, "");
}

std::string budget_errors(const std::string &leafs)
{
    const Found found = findings(R"("sonde-lmap:data-budget": {)" + leafs + "}", "");
    return found.errors + found.warnings;
}

std::string method_result(const std::string &task, const std::string &comparison, const std::string &value)
{
    return constraint_errors(R"("method-result": {"task": ")" + task +
                             R"(", "table": "summary", "column": "loss", "comparison": ")" + comparison +
                             R"(", "value": ")" + value + R"("})");
}

} // namespace

TEST_CASE("a constraint measures with a task that there is and that measures [A7]")
{
    CHECK(method_result("t", "less", "0.1") == "");
    CHECK(method_result("tt", "less", "0.1") ==
          "/method-result/task: no task named 'tt' (did you mean 't'? tasks here: t, r)\n");
    CHECK(method_result("r", "less", "0.1") ==
          "/method-result/task: a report has no results of its own (name a task that measures)\n");
}

TEST_CASE("a value that is compared by its size is a number or a time [A7]")
{
    for (const char *comparison : {"less", "less-or-equal", "greater-or-equal", "greater"}) {
        CHECK(method_result("t", comparison, "-12") == "");
        CHECK(method_result("t", comparison, "2026-11-24T04:05:00.000000000Z") == "");
        for (const char *value : {"ten", "10 %", "", "192.0.2.1"})
            CHECK(method_result("t", comparison, value) ==
                  "/method-result/value: '" + std::string(value) +
                      "' is neither less nor greater than others (a number, a duration in nanoseconds or a timestamp; "
                      "anything else is equal or not-equal)\n");
    }
    CHECK(method_result("t", "equal", "reply") == "");
    CHECK(method_result("t", "not-equal", "") == "");
    CHECK(method_result("t", "lesser", "1") ==
          "/method-result/comparison: there is no comparison 'lesser' (did you mean 'less'? comparisons here: less, "
          "less-or-equal, equal, not-equal, greater-or-equal, greater)\n");
}

TEST_CASE("a window of the day is two different times of it")
{
    const auto window = [](const std::string &from, const std::string &until) {
        return constraint_errors(R"("local-time-window": {"from": ")" + from + R"(", "until": ")" + until + R"("})");
    };
    CHECK(window("22:30", "06:00") == "");
    CHECK(window("00:00", "23:59") == "");
    CHECK(window("06:00", "06:00") == "/local-time-window/until: is where the window begins, so that it is empty (for "
                                      "the whole day leave the constraint out)\n");
    for (const char *bad : {"24:00", "6:00", "06:60", "06.00", "06:00:00", ""})
        CHECK(window(bad, "07:00") ==
              "/local-time-window/from: a time of day, HH:MM from 00:00 to 23:59, was expected, "
              "here is the string '" +
                  std::string(bad) + "'\n");
}

TEST_CASE("a constraint is of one type")
{
    CHECK(constraint_errors(R"("on-battery": false)") == "");
    CHECK(constraint_errors(R"("on-battery": false, "data-budget-left": "1")") ==
          "/data-budget-left: excludes 'on-battery' (both are of the choice constraint type)\n");
    CHECK(constraint_errors(R"("line-idle": {})") == "/line-idle/bytes-per-second-max: is missing (it is mandatory)\n");
    const Found found = findings("", R"("sonde-lmap:constraint": [{"name": "c"}], )");
    CHECK(found.errors.find("[name='c']: has no constraint type (one of line-idle, ") != std::string::npos);
}

TEST_CASE("constraints and retries have limits, each with its message")
{
    CHECK(constraint_errors(R"("line-idle": {"bytes-per-second-max": "1", "window": 3600})") == "");
    CHECK(constraint_errors(R"("line-idle": {"bytes-per-second-max": "1", "window": 3601})") ==
          "/line-idle/window: is out of range (it goes from 1 to 3600)\n");
    CHECK(constraint_errors(R"("interface-up": {"interface": "fifteen-letters"})") == "");
    for (const char *bad : {"sixteen-letters-", "eth/0", "eth 0", ""})
        CHECK(constraint_errors(R"("interface-up": {"interface": ")" + std::string(bad) + R"("})") ==
              "/interface-up/interface: the name of an interface, like eth0, was expected, here is the string '" +
                  std::string(bad) + "'\n");
    const auto retries = [](const std::string &leaf) {
        return findings("", R"("sonde-lmap:retries": {)" + leaf + "}, ").errors;
    };
    const std::string path = "schedules/schedule[name='s']/sonde-lmap:retries/";
    CHECK(retries(R"("max": 10001)") == path + "max: is out of range (it goes from 0 to 10000)\n");
    CHECK(retries(R"("delay": 0)") == path + "delay: is out of range (it goes from 1 to 86400)\n");
    std::string many;
    for (int i = 0; i < 17; ++i)
        many += (i == 0 ? R"({"name": ")" : R"(, {"name": ")") + std::to_string(i) + R"(", "on-battery": true})";
    CHECK(findings("", R"("sonde-lmap:constraint": [)" + many + "], ").errors ==
          "schedules/schedule[name='s']/sonde-lmap:constraint: has 17 entries (16 are the most)\n");
}

TEST_CASE("retries without a constraint, or that outlast the time between two triggers, are a warning")
{
    const std::string retries = R"("sonde-lmap:retries": {"max": 60, "delay": 61}, )";
    const std::string constraint = R"("sonde-lmap:constraint": [{"name": "c", "on-battery": false}], )";
    const std::string path = "schedules/schedule[name='s']/sonde-lmap:retries: ";
    CHECK(findings("", retries).warnings ==
          path + "has no effect (the schedule has no constraint that could fail to hold)\n");
    CHECK(findings("", retries + constraint).warnings ==
          path + "may wait longer than the 3600 s between two triggers (a trigger that still waits overlaps the next "
                 "one, which is then not run)\n");
    CHECK(findings("", replaced(retries, "61", "60") + constraint).warnings == "");

    // Each look takes its window.
    const auto idle = [](const std::string &window) {
        return R"("sonde-lmap:constraint": [{"name": "c", "line-idle": {"bytes-per-second-max": "1", "window": )" +
               window + R"(}}, {"name": "d", "line-idle": {"bytes-per-second-max": "1", "window": 600}}], )";
    };
    const std::string rare = R"("sonde-lmap:retries": {"max": 2, "delay": 600}, )";
    CHECK(findings("", rare + idle("200")).warnings == "");
    CHECK(findings("", rare + idle("201")).warnings.starts_with(path + "may wait longer than the 3600 s "));
    CHECK(findings("", idle("3000")).warnings == "");
    CHECK(findings("", idle("3001"))
              .warnings.starts_with("schedules/schedule[name='s']/sonde-lmap:constraint: may wait longer than "));
}

TEST_CASE("a bucket has a rate and a burst, and more than the budget can never be left of it")
{
    CHECK(budget_errors(R"("bytes-per-second": "1", "burst-bytes": "1")") == "");
    CHECK(budget_errors(R"("bytes-per-day": "0")") == "");
    const std::string path = "agent/sonde-lmap:data-budget/";
    CHECK(budget_errors(R"("bytes-per-second": "1")") ==
          path + "bytes-per-second: has no burst (set burst-bytes as well: how many may go at once after a pause)\n");
    CHECK(budget_errors(R"("burst-bytes": "1")") ==
          path + "burst-bytes: has no rate (set bytes-per-second as well: how many may go in a second on average)\n");
    CHECK(budget_errors(R"("bytes-per-second": "0", "burst-bytes": "1")") ==
          path + "bytes-per-second: a whole number from 1 to 18446744073709551615 was expected, here is the string "
                 "'0'\n");
    CHECK(budget_errors(R"("bytes-per-day": "2", "bytes-per-month": "1")") ==
          path + "bytes-per-day: is more than bytes-per-month (a day never has so many)\n");
    CHECK(budget_errors(R"("bytes-per-day": 2)") ==
          path +
              "bytes-per-day: a whole number in quotes was expected, here is a number (64-bit integers are strings in "
              "JSON (RFC 7951 section 6.1))\n");
    CHECK(constraint_errors(R"("data-budget-left": "11")",
                            R"("sonde-lmap:data-budget": {"bytes-per-day": "11", "bytes-per-month": "12"})") == "");
    CHECK(constraint_errors(R"("data-budget-left": "12")",
                            R"("sonde-lmap:data-budget": {"bytes-per-day": "11", "bytes-per-month": "12"})") ==
          "/data-budget-left: is more than the bytes-per-day of the data-budget, 11 (it would never hold)\n");
}
