// What we write is valid, and what is not valid we refuse: in a few cases that are named.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
// As the runner was compiled: it changes the layout of listeners.
#define CATCH_CONFIG_ENABLE_BENCHMARKING
#include "support/catch.hpp"

#include "files.hpp"
#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"
#include "model/outcomes.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"
#include "model/xml.hpp"
#include "random_model.hpp"
#include "yanglint.hpp"

#include <cstdlib>
#include <iostream>
#include <random>
#include <unistd.h>

using namespace sonde::model;

namespace {

// What the validator says of a document: nothing if it accepts it.
std::string verdict(const std::string &type, const std::string &document)
{
    Yanglint one;
    one.add(type, document);
    return one.verdicts().front();
}

std::string report_verdict(const std::string &document)
{
    return verdict("rpc", as_rpc(document, "ietf-lmap-report", "report"));
}

template <class Test>
void for_seeds(int count, Test test)
{
    const std::uint64_t first = std::random_device()();
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        INFO("seed " << seed);
        RandomModel model(seed);
        test(model);
    }
}

// A change that makes a good document a bad one.
struct Damage {
    std::string from;
    std::string to;
};

std::string constrained(const std::string &type)
{
    return R"("start": "hourly", "sonde-lmap:constraint": [{"name": "c", )" + type + "}]";
}

} // namespace

TEST_CASE("a YANG validator accepts the examples")
{
    Yanglint all;
    for (const std::string &name : example_instructions())
        all.add("config", example(name));
    for (const std::string &verdict : all.verdicts())
        CHECK(verdict == "");
}

TEST_CASE("a YANG validator accepts what we write in XML")
{
    Yanglint all;
    for_seeds(10, [&](RandomModel &model) {
        all.add("config", to_xml(write_instruction(model.instruction())), "xml");
        all.add("data", to_xml(write_state(model.state())), "xml");
        all.add("rpc", to_xml(write_report(model.report())), "xml");
    });
    for (const std::string &verdict : all.verdicts())
        CHECK(verdict == "");
}

TEST_CASE("a YANG validator accepts the instructions that we write")
{
    for_seeds(20, [](RandomModel &model) {
        const std::string text = write_instruction(model.instruction());
        INFO(text);
        REQUIRE(verdict("config", text) == "");
    });
}

TEST_CASE("a YANG validator accepts the states that we write, with every mandatory node")
{
    for_seeds(20, [](RandomModel &model) {
        const std::string text = write_state(model.state());
        INFO(text);
        REQUIRE(verdict("data", text) == "");
    });
    CHECK(verdict("data", write_state({})) == "");
}

TEST_CASE("a YANG validator accepts the reports that we write, null marks and all")
{
    for_seeds(20, [](RandomModel &model) {
        const std::string text = write_report(model.report());
        INFO(text);
        REQUIRE(report_verdict(text) == "");
    });
}

TEST_CASE("a YANG validator accepts outcomes")
{
    Report report;
    Outcome outcome;
    outcome.schedule = outcome.action = outcome.task = "x";
    report.results.push_back(
        outcomes_result(std::vector{outcome, outcome}, {sonde::random_uuid(), 1}, sonde::random_uuid(), {}));
    CHECK(report_verdict(write_report(report)) == "");
}

TEST_CASE("a YANG validator accepts the capabilities and failures that we write")
{
    for_seeds(10, [](RandomModel &model) {
        const std::string capabilities = write_capabilities(model.capabilities());
        INFO(capabilities);
        REQUIRE(verdict("rpc", as_rpc(capabilities, "sonde-lmap", "capabilities")) == "");
        const std::string failures = write_failures(model.failures());
        INFO(failures);
        REQUIRE(verdict("rpc", as_rpc(failures, "sonde-lmap", "failure")) == "");
    });
}

TEST_CASE("a YANG validator accepts a plugin's hash and version in the capabilities of ietf-lmap-control")
{
    CHECK(verdict("get", R"({"ietf-lmap-control:lmap": {"agent": {"last-started": "2026-11-24T04:05:00Z"},
        "capabilities": {"version": "1", "tasks": {"task": [{"name": "ping", "program": "ping", "sonde-lmap:plugin-hash":
        "3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a3f9a", "sonde-lmap:plugin-version": "1.2.0"}]}}}})") ==
          "");
}

TEST_CASE("what a YANG validator refuses in an instruction, we refuse too")
{
    for (const Damage &damage : {
             Damage{R"("start": "hourly")", R"("start": "houly")"},
             {R"("task": "ping", "dest)", R"("task": "pong", "dest)"},
             {R"("destination": ["report"])", R"("destination": ["reprot"])"},
             {R"("destination": ["report"])", R"("destination": ["report", "report"])"},
             {R"("random-spread": 180)", R"("random-spread": "180")"},
             {R"("random-spread": 180)", R"("random-spread": -1)"},
             {R"("random-spread": 180)", R"("random-spread": 4294967296)"},
             {R"("random-spread": 180)", R"("random-sprea": 180)"},
             {R"({"interval": 3600})", R"({"interval": 0})"},
             {R"({"interval": 3600})", R"({"interval": 3600, "start": "tomorrow"})"},
             {R"("periodic": {"interval": 3600})", R"("immediate": true)"},
             {R"("periodic": {"interval": 3600})", R"("periodic": {"interval": 3600}, "immediate": [null])"},
             {R"("execution-mode": "sequential")", R"("execution-mode": "serial")"},
             {R"("execution-mode": "sequential")", R"("state": "enabled")"},
             {R"("name": "every-minute")", R"("name": "hourly")"},
             {R"("id": "count")", R"("id": "target")"},
             {R"("id": "count", )", ""},
             {R"("tag": ["example"])", R"("tag": ["a", "a"])"},
             {R"("tag": ["example"])", R"("tag": [""])"},
             {R"("tag": ["example"])", R"("tag": "a")"},
             {R"("tag": ["example"])", R"("tag": ["\u0001"])"},
             {R"("tasks": {)", R"("agent": {"report-agent-id": true}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"agent-id": "7"}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:data-budget": {"bytes-per-second": "1"}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:data-budget": {"burst-bytes": "1"}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"data-budget": {}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"channel": {"longest-poll": 7}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"longest-poll": 0}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"longest-poll": 121}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"longest-poll": "7"}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"report-bytes-max": 16383}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"report-bytes-max": 8388609}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"report-retry-max": 0}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"report-retry-max": 86401}}, "tasks": {)"},
             {R"("tasks": {)", R"("agent": {"sonde-lmap:channel": {"controller": "https://c"}}, "tasks": {)"},
             {R"("start": "hourly")", R"("start": "hourly", "sonde-lmap:retries": {"max": 10001})"},
             {R"("start": "hourly")", R"("start": "hourly", "sonde-lmap:retries": {"delay": 0})"},
             {R"("start": "hourly")", constrained(R"("interface-up": {"interface": "a/b"})")},
             {R"("start": "hourly")", constrained(R"("interface-up": {"interface": "sixteen-letters-"})")},
             {R"("start": "hourly")", constrained(R"("line-idle": {})")},
             {R"("start": "hourly")", constrained(R"("line-idle": {"bytes-per-second-max": "1", "window": 3601})")},
             {R"("start": "hourly")", constrained(R"("local-time-window": {"from": "24:00", "until": "01:00"})")},
             {R"("start": "hourly")", constrained(R"("local-time-window": {"from": "01:00", "until": "01:00"})")},
             {R"("start": "hourly")", constrained(R"("on-battery": true, "data-budget-left": "1")")},
             {R"("start": "hourly")", constrained(R"("method-result": {"task": "pong", "table": "t", "column": "c",
                                                  "comparison": "less", "value": "1"})")},
             {R"("start": "hourly")", constrained(R"("method-result": {"task": "ping", "table": "t", "column": "c",
                                                  "comparison": "fewer", "value": "1"})")},
         }) {
        const std::string text = replaced(example("ping.json"), damage.from, damage.to);
        INFO(damage.from << " -> " << damage.to);
        CHECK(verdict("config", text) != "");
        CHECK_FALSE(read_instruction(text));
    }
}

TEST_CASE("what a YANG validator refuses in a report, we refuse too")
{
    RandomModel model(3);
    Report report;
    report.results.push_back(model.result());
    ReportedResult &result = report.results[0];
    result.status = 17;
    result.part = 5;
    result.event.reset();
    result.cycle_number = "20261124.040000";
    result.tables = {{"t", {}, {{"a", "int", "", {}}}, {{std::nullopt}}}};
    const std::string good = write_report(report);
    REQUIRE(report_verdict(good) == "");
    REQUIRE(read_report(good));
    const std::string epoch = "\"sonde-lmap:epoch\":\"" + sonde::to_string(result.identity.epoch) + "\",";
    const std::string sequence = "\"sonde-lmap:sequence\":\"" + std::to_string(result.identity.sequence) + "\"";
    for (const Damage &damage : {
             Damage{epoch.c_str(), ""},
             {epoch.c_str(), R"("sonde-lmap:epoch":"x",)"},
             {epoch.c_str(), R"("sonde-lmap:plugin-hash":"x",)"},
             {sequence.c_str(), R"("sonde-lmap:sequence":"-1")"},
             {sequence.c_str(), R"("sonde-lmap:sequence":"18446744073709551616")"},
             {R"("sonde-lmap:part":5)", R"("sonde-lmap:part":-5)"},
             {R"("sonde-lmap:part":5)", R"("sonde-lmap:part":4294967296)"},
             {R"("sonde-lmap:part":5)", R"("sonde-lmap:port":5)"},
             {R"("status":17)", R"("status":2147483648)"},
             {R"("status":17,)", ""},
             {R"("date":)", R"("data":)"},
             {"20261124.040000", "20261124-040000"},
             {R"("sonde-lmap:null":[0])", R"("sonde-lmap:null":[65536])"},
             {R"("sonde-lmap:null":[0])", R"("sonde-lmap:null":["0"])"},
             {R"("sonde-lmap:null":[0])", R"("null":[0])"},
             {R"("type":"int")", R"("type":"integer")"},
             {R"("value":[""])", R"("value":[7])"},
         }) {
        const std::string text = replaced(good, damage.from, damage.to);
        INFO(damage.from << " -> " << damage.to);
        CHECK(report_verdict(text) != "");
        CHECK_FALSE(read_report(text));
    }
}

namespace {

// A machine without the validator or the modules skips all of it.
struct Prerequisites : Catch::TestEventListenerBase {
    using TestEventListenerBase::TestEventListenerBase;

    void testRunStarting(const Catch::TestRunInfo &) override
    {
        if (std::system("yanglint --version >/dev/null 2>&1") != 0)
            skip("there is no yanglint");
        if (!std::filesystem::exists(yang_dir() / "ietf-lmap-control@2017-08-08.yang"))
            skip("no modules of RFC 8194 in " + yang_dir().string() + "; SONDE_YANG_DIR names another folder");
    }

private:
    [[noreturn]] static void skip(const std::string &reason)
    {
        std::cout << "skipped: " << reason << std::endl;
        std::exit(77);
    }
};

CATCH_REGISTER_LISTENER(Prerequisites)

} // namespace
