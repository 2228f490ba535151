#include "model/instruction_json.hpp"

#include "files.hpp"
#include "model/date_time.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::model;
using namespace std::chrono;

TEST_CASE("the examples are good instructions without a warning")
{
    for (const std::string &name : example_instructions()) {
        INFO(name);
        const Reading<Instruction> reading = read_instruction(example(name));
        CHECK(to_lines(reading.errors) == "");
        CHECK(to_lines(reading.warnings) == "");
    }
}

TEST_CASE("an instruction is read into its structs [A2, A5]")
{
    const Reading<Instruction> reading = read_instruction(example("four-methods.json"));
    REQUIRE(to_lines(reading.errors) == "");
    const Instruction &instruction = *reading;

    CHECK_FALSE(instruction.agent.agent_id.has_value());
    CHECK(instruction.agent.group_id == "example");
    CHECK(instruction.agent.report_group_id);
    CHECK_FALSE(instruction.agent.report_agent_id);

    REQUIRE(instruction.tasks.size() == 5);
    CHECK(instruction.tasks[1].functions == std::vector<Function>{{"urn:sonde:method:http-download", {}}});
    CHECK(instruction.tasks[1].program == "http-download");
    CHECK(instruction.tasks[1].options[1] == Option{"duration", "duration", "1500ms"});

    REQUIRE(instruction.schedules.size() == 6);
    const Schedule &active = instruction.schedules[0];
    CHECK(active.start == "each-minute");
    CHECK(active.execution_mode == ExecutionMode::sequential);
    CHECK(active.tags == std::vector<std::string>{"loopback"});
    REQUIRE(active.actions.size() == 4);
    CHECK(active.actions[1].task == "ping");
    CHECK(active.actions[1].options == std::vector<Option>{{"size", "size", "1400"}});
    CHECK(active.actions[1].destinations == std::vector<std::string>{"report"});
    CHECK(active.actions[1].tags == std::vector<std::string>{"big"});

    REQUIRE(instruction.events.size() == 6);
    CHECK(instruction.events[0].random_spread == 5s);
    CHECK(instruction.events[0].cycle_interval == 60s);
    CHECK(std::get<Periodic>(instruction.events[0].type) == Periodic{60s, {}, {}});
    CHECK(std::get<Periodic>(instruction.events[1].type).start == parse_date_time("2026-11-24T00:00:00Z").value());
    CHECK(std::holds_alternative<Immediate>(instruction.events[2].type));
    CHECK(std::holds_alternative<Startup>(instruction.events[3].type));
    CHECK(std::get<OneOff>(instruction.events[4].type).time == parse_date_time("2026-12-31T23:00:00Z").value());
}

TEST_CASE("constraints, retries, a budget and the use of channels are read into their structs [A7]")
{
    const Reading<Instruction> reading = read_instruction(lmap(R"(
        "agent": {"sonde-lmap:data-budget": {"bytes-per-day": "1000000", "bytes-per-month": "20000000",
                                             "bytes-per-second": "125000", "burst-bytes": "500000"},
                  "sonde-lmap:channel": {"longest-poll": 90, "report-bytes-max": 65536, "report-retry-max": 3600}},
        "tasks": {"task": [{"name": "t", "program": "ping"}]}, "events": {"event": [{"name": "e", "startup": [null]}]},
        "schedules": {"schedule": [{"name": "s", "start": "e", "sonde-lmap:retries": {"max": 5, "delay": 90},
            "sonde-lmap:constraint": [
                {"name": "idle", "line-idle": {"interface": "eth0", "bytes-per-second-max": "10000", "window": 30}},
                {"name": "up", "interface-up": {"interface": "wwan0"}},
                {"name": "mains", "on-battery": false},
                {"name": "night", "local-time-window": {"from": "22:30", "until": "06:00"}},
                {"name": "left", "data-budget-left": "500000"},
                {"name": "path", "method-result": {"task": "t", "table": "summary", "column": "loss",
                                                   "comparison": "less", "value": "0.1"}},
                {"name": "any", "line-idle": {"bytes-per-second-max": "0"}}]}]})"));
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(reading->agent.data_budget == DataBudget{1'000'000, 20'000'000, 125'000, 500'000});
    CHECK(reading->agent.channel == Channel{90s, 65'536, 3600s});
    const Schedule &schedule = reading->schedules[0];
    CHECK(schedule.retries == Retries{5, 90s});
    CHECK(schedule.constraints ==
          std::vector<Constraint>{{"idle", LineIdle{"eth0", 10'000, 30s}},
                                  {"up", InterfaceUp{"wwan0"}},
                                  {"mains", OnBattery{false}},
                                  {"night", LocalTimeWindow{22h + 30min, 6h}},
                                  {"left", DataBudgetLeft{500'000}},
                                  {"path", MethodResult{"t", "summary", "loss", Comparison::less, "0.1"}},
                                  {"any", LineIdle{std::nullopt, 0, 10s}}});
}

TEST_CASE("the order of members means nothing, and the mode of execution is pipelined by default")
{
    const auto reading = read_instruction(R"({"ietf-lmap-control:lmap": {
        "events": {"event": [{"startup": [null], "name": "boot"}]},
        "schedules": {"schedule": [{"action": [{"destination": ["r"], "task": "t", "name": "a"}], "start": "boot",
                                    "name": "s"},
                                   {"name": "r", "start": "boot", "action": [{"name": "r", "task": "r"}]}]},
        "tasks": {"task": [{"program": "p", "name": "t"},
            {"name": "r", "program": "report", "option": [{"value": "https://c:1", "name": "collector", "id": "1"}]}]}}})");
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(reading->schedules[0].execution_mode == ExecutionMode::pipelined);
    CHECK(reading->schedules[0].actions[0].name == "a");
}

TEST_CASE("an instruction without anything is a good one, in each of its forms")
{
    for (const char *text : {R"({"ietf-lmap-control:lmap": {}})",
                             R"({"ietf-lmap-control:lmap": {"agent": {}, "tasks": {}, "schedules": {}, "events": {}}})",
                             R"({"ietf-lmap-control:lmap": {"suppressions": {"suppression": []}, "capabilities": {}}})",
                             R"({"ietf-lmap-control:lmap": {"tasks": {"task": []}}})"}) {
        INFO(text);
        const auto reading = read_instruction(text);
        CHECK(to_lines(reading.errors) == "");
        CHECK(reading.value == Instruction{});
    }
}

TEST_CASE("defaults are left out when writing, lists without entries as well")
{
    CHECK(write_instruction({}) == "{\n  \"ietf-lmap-control:lmap\": {}\n}\n");
    Instruction instruction;
    instruction.events = {{"boot", {}, {}, Startup{}}};
    instruction.tasks = {{"t", {}, "p", {{"1", "n", {}}}, {}}};
    CHECK(write_instruction(instruction) == R"({
  "ietf-lmap-control:lmap": {
    "tasks": {
      "task": [
        {
          "name": "t",
          "program": "p",
          "option": [
            {
              "id": "1",
              "name": "n"
            }
          ]
        }
      ]
    },
    "events": {
      "event": [
        {
          "name": "boot",
          "startup": [
            null
          ]
        }
      ]
    }
  }
}
)");
}

TEST_CASE("what is probably not meant is a warning with its path")
{
    const auto warnings = [](std::string text) {
        const auto reading = read_instruction(text);
        CHECK(to_lines(reading.errors) == "");
        return to_lines(reading.warnings);
    };
    CHECK(warnings(replaced(example("ping.json"), R"(, "destination": ["report"])", "")) ==
          "/ietf-lmap-control:lmap/schedules/schedule[name='hourly-ping']/action[name='ping']: discards its results "
          "(it has no destination, the name of a schedule that reports)\n");
    CHECK(warnings(replaced(example("ping.json"),
                            R"("action": [{"name": "ping", "task": "ping", "destination": ["report"]}])",
                            R"("tag": ["idle"])")) ==
          "/ietf-lmap-control:lmap/schedules/schedule[name='hourly-ping']: has no action (it does nothing)\n");
    CHECK(warnings(R"({"ietf-lmap-control:lmap": {"agent": {"controller-timeout": 60}}})") ==
          "/ietf-lmap-control:lmap/agent/controller-timeout: has no effect (no event here is controller-lost or "
          "controller-connected)\n");
}
