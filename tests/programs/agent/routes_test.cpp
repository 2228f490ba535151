#include "programs/agent/routes.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace sonde;
using namespace sonde::agent;

namespace {

model::Instruction instruction_of(std::vector<std::string> tasks, model::ExecutionMode mode)
{
    model::Instruction instruction;
    for (const char *method : {"measure", "report"}) {
        model::Task &task = instruction.tasks.emplace_back();
        task.name = method;
        task.program = method;
    }
    instruction.tasks[1].options = {{"c", "collector", "https://a.example:8444"}};
    model::Schedule &schedule = instruction.schedules.emplace_back();
    schedule.name = "s";
    schedule.execution_mode = mode;
    for (const std::string &task : tasks) {
        model::Action &action = schedule.actions.emplace_back();
        action.name = task + std::to_string(schedule.actions.size());
        action.task = task;
    }
    return instruction;
}

const std::vector<spool::Destination> kNowhere;
const std::vector<spool::Destination> kCollector{"https://a.example:8444 s"};

} // namespace

TEST_CASE("'Output created by an Action is passed as input to the subsequent Action', so to one that reports [A5]")
{
    const auto routes = Routes::of(
        instruction_of({"measure", "measure", "report", "measure"}, model::ExecutionMode::pipelined), Reach{});
    REQUIRE(routes);
    CHECK(routes->results("s", "measure1") == kNowhere);
    CHECK(routes->results("s", "measure2") == kCollector);
    CHECK(routes->results("s", "measure4") == kNowhere);
    // What is not reported is still accounted for.
    CHECK(routes->outcomes("s", "measure1") == kCollector);
    CHECK(routes->outcomes("s", "measure2") == kCollector);
    CHECK(routes->outcomes("s", "report3") == kCollector);
    CHECK(routes->reports("s", "report3"));
    CHECK_FALSE(routes->reports("s", "measure2"));
    CHECK(routes->outcomes("s", "measure4") == kNowhere);
    CHECK(routes->all() == kNowhere);
    CHECK_FALSE(routes->reported(kCollector.front()));
}

TEST_CASE("a sequential schedule passes nothing on to an action of its own [A5]")
{
    const auto routes = Routes::of(instruction_of({"measure", "report"}, model::ExecutionMode::sequential), Reach{});
    REQUIRE(routes);
    CHECK(routes->results("s", "measure1") == kNowhere);
    CHECK(routes->outcomes("s", "measure1") == kNowhere);
}

// "A set of Schedules receiving the output produced by this Action."
// "Data passed to a sequential or pipelined Schedule is received by the Schedule's first Action."
TEST_CASE("what is passed to a schedule is received by its first action, which reports it [A5]")
{
    auto instruction = instruction_of({"measure"}, model::ExecutionMode::sequential);
    model::Schedule reporting = instruction_of({"report"}, model::ExecutionMode::sequential).schedules.front();
    reporting.name = "r";
    instruction.schedules.push_back(reporting);
    instruction.schedules.front().actions.front().destinations = {"r"};
    const auto routes = Routes::of(instruction, Reach{});
    REQUIRE(routes);
    CHECK(routes->results("s", "measure1") == std::vector<spool::Destination>{"https://a.example:8444 r"});
    CHECK(routes->all() == std::vector<spool::Destination>{"https://a.example:8444 r"});
}

// "A set of Schedules receiving the output produced by this Action."
TEST_CASE("what is passed to a schedule that measures is its first action's input, in a parallel one each one's [A5]")
{
    auto instruction = instruction_of({"measure", "measure"}, model::ExecutionMode::sequential);
    const auto add = [&](const char *name, std::vector<std::string> tasks, model::ExecutionMode mode) {
        instruction.schedules.push_back(instruction_of(std::move(tasks), mode).schedules.front());
        instruction.schedules.back().name = name;
    };
    add("two words", {"measure", "measure"}, model::ExecutionMode::pipelined);
    add("each", {"measure", "report", "measure"}, model::ExecutionMode::parallel);
    instruction.schedules[0].actions[0].destinations = {"two words"};
    instruction.schedules[0].actions[1].destinations = {"each", "two words", "each"};
    const auto routes = Routes::of(instruction, Reach{});
    REQUIRE(routes);
    const std::vector<spool::Destination> reported{"https://a.example:8444 each"};
    const spool::Destination first = "input:9 two words measure1";
    CHECK(routes->results("s", "measure1") == std::vector{first});
    CHECK(routes->results("s", "measure2") ==
          std::vector<spool::Destination>{reported[0], "input:4 each measure1", "input:4 each measure3", first});
    CHECK(routes->input("two words", "measure1") == first);
    CHECK_FALSE(routes->input("two words", "measure2"));
    CHECK_FALSE(routes->input("each", "report2"));
    CHECK_FALSE(routes->input("s", "measure1"));
    for (const spool::Destination &taken : {spool::Destination("input:4 each measure1"), first})
        CHECK_FALSE(routes->forsaken(taken));
    CHECK(routes->forsaken("input:4 each report2"));
    CHECK(routes->forsaken("input:1 s measure1"));
    // An outcome is nobody's input.
    CHECK(routes->outcomes("s", "measure1") == reported);
    CHECK(routes->outcomes("s", "measure2") == reported);

    CHECK(receiver(first) == "action 'measure1' of schedule 'two words'");
    CHECK(receiver(reported[0]) == "https://a.example:8444");
    for (const char *odd : {"input:9", "input:9 short", "nothing"})
        CHECK(receiver(odd) == odd);

    instruction.schedules[0].actions[0].destinations = {"nowhere"};
    const auto wrong = Routes::of(instruction, Reach{});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().what == "no schedule named 'nowhere'");
}

// "Data passed to a parallel Schedule is received by all Actions of the Schedule."
TEST_CASE("'Data passed to a parallel Schedule is received by all Actions of the Schedule' [A5]")
{
    auto instruction = instruction_of({"measure"}, model::ExecutionMode::sequential);
    model::Schedule reporting =
        instruction_of({"report", "report", "report"}, model::ExecutionMode::parallel).schedules.front();
    reporting.name = "r";
    reporting.actions[0].options = {{"d", "collector", "https://b.example:8444"}};
    instruction.schedules.push_back(reporting);
    instruction.schedules.front().actions.front().destinations = {"r"};
    const auto routes = Routes::of(instruction, Reach{});
    REQUIRE(routes);
    const std::vector<spool::Destination> both{"https://b.example:8444 r", "https://a.example:8444 r"};
    CHECK(routes->results("s", "measure1") == both);
    CHECK(routes->outcomes("s", "measure1") == both);
    CHECK(routes->all() == both);
    CHECK(routes->reported(both.front()));
    CHECK(routes->reported(both.back()));
    CHECK_FALSE(routes->reported("https://b.example:8444 s"));
}

TEST_CASE("without an instruction nobody knows that an input is taken by none [A17]")
{
    CHECK_FALSE(Routes().forsaken("input:1 s measure1"));
    const auto none = Routes::of(model::Instruction{}, Reach{});
    REQUIRE(none);
    CHECK(none->forsaken("input:1 s measure1"));
}

TEST_CASE("whose results end in the pipeline of another schedule is accounted for there [A13, A17]")
{
    auto instruction = instruction_of({"measure", "measure"}, model::ExecutionMode::sequential);
    const auto add = [&](const char *name, std::vector<std::string> tasks) {
        instruction.schedules.push_back(instruction_of(std::move(tasks), model::ExecutionMode::pipelined).schedules[0]);
        instruction.schedules.back().name = name;
    };
    add("between", {"measure"});
    add("last", {"measure", "report"});
    instruction.schedules[0].actions[0].destinations = {"between"};
    instruction.schedules[1].actions[0].destinations = {"last"};
    const auto routes = Routes::of(instruction, Reach{});
    REQUIRE(routes);
    const std::vector<spool::Destination> last{"https://a.example:8444 last"};
    CHECK(routes->outcomes("s", "measure1") == last);
    CHECK(routes->outcomes("between", "measure1") == last);
    CHECK(routes->outcomes("last", "measure1") == last);
    // Its outcome goes along with the others, its results to the next in line alone.
    CHECK(routes->results("s", "measure1") == std::vector<spool::Destination>{"input:7 between measure1"});
    CHECK(routes->outcomes("s", "measure2") == kNowhere);
}
