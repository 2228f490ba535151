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
    CHECK(routes->outcomes("s", "report3") == kNowhere);
    CHECK(routes->outcomes("s", "measure4") == kNowhere);
    CHECK(routes->all() == kNowhere);
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

    instruction.schedules.front().actions.front().destinations = {"s"};
    const auto wrong = Routes::of(instruction, Reach{});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().what == "schedule 's' does not begin with a reporting action");
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
    const std::vector<spool::Destination> both{"https://a.example:8444 r", "https://b.example:8444 r"};
    CHECK(routes->results("s", "measure1") == both);
    CHECK(routes->outcomes("s", "measure1") == both);
    CHECK(routes->all() == both);
}
