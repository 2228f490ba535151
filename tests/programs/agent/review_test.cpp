#include "bench.hpp"

#include "model/instruction_json.hpp"
#include "programs/agent/review.hpp"

#include <string>
#include <vector>

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

// Of a method `m` with an option `count`, which may also have another one.
struct Reviewing {
    Loop loop;
    sonde::test::TempDir dir;
    spool::Spool spool = sonde::test::open_spool(dir / "spool.db");
    frames::MethodDescription method;
    std::vector<model::Failure> told;
    Review review{spool,
                  [this](const model::Task &task) -> Result<const frames::MethodDescription *> {
                      if (task.program == method.id)
                          return &method;
                      return Error{"", "no method '" + *task.program + "'", ""};
                  },
                  std::shared_ptr<Log>(std::shared_ptr<void>(), &loop.log),
                  [this](model::Failure failure) { told.push_back(std::move(failure)); }};

    Reviewing()
    {
        method.id = "m";
        method.options.emplace_back().id = "count";
        method.options.back().type = SONDE_INT;
    }

    void apply(const std::string &option, const std::string &value, const std::string &program = "m", int times = 1)
    {
        model::Instruction instruction;
        instruction.events.push_back({"e", {}, {}, model::Startup{}});
        model::Task &task = instruction.tasks.emplace_back();
        task.name = "t";
        task.program = program;
        for (int i = 0; i < times; ++i)
            task.options.push_back({"o" + std::to_string(i), option, value});
        model::Schedule &schedule = instruction.schedules.emplace_back();
        schedule.name = "s";
        schedule.start = "e";
        model::Action &action = schedule.actions.emplace_back();
        action.name = "a";
        action.task = "t";
        spool::Change change;
        change.instruction = {model::write_instruction(instruction), "1", WallTime()};
        REQUIRE(await(spool.record(change)));
    }
};

const std::string kAction = "/ietf-lmap-control:lmap/schedules/schedule[name='s']/action[name='a']";

} // namespace

TEST_CASE("what an instruction asks of a method that it does not have is told when it comes into force, once")
{
    Reviewing it;
    it.loop.run(it.review.begin());
    it.apply("cuont", "1");
    it.loop.run(it.review.look());
    REQUIRE(it.told.size() == 1);
    CHECK(it.told[0].kind == "instruction");
    CHECK(it.told[0].path == kAction);
    CHECK(it.told[0].message == "m has no option 'cuont' (did you mean 'count'?)");
    CHECK(it.review.findings().errors.size() == 1);
    it.loop.run(it.review.look()); // other plugins have changed
    CHECK(it.told.size() == 1);

    it.apply("count", "many");
    it.loop.run(it.review.look());
    REQUIRE(it.told.size() == 2);
    CHECK(it.told[1].message.starts_with("option count: 'many' "));
    it.apply("count", "3");
    it.loop.run(it.review.look());
    CHECK(it.told.size() == 2);
    CHECK(it.review.findings().errors.empty());

    // Of two that ask for it in the same words one is told.
    it.apply("tncuo", "1", "m", 2);
    it.loop.run(it.review.look());
    CHECK(it.told.size() == 3);
    it.apply("count", "3");
    it.loop.run(it.review.look());

    // Another version of the plugin knows it no more.
    it.method.options.back().id = "number";
    it.loop.run(it.review.look());
    CHECK(it.told.size() == 4);
}

TEST_CASE("what was told before a restart is not told again, and a method that is not there is no mistake")
{
    Reviewing it;
    it.apply("cuont", "1");
    it.loop.run(it.review.look());
    CHECK(it.review.findings().errors.empty()); // not begun
    it.loop.run(it.review.begin());
    CHECK(it.review.findings().errors.size() == 1);
    it.loop.run(it.review.look());
    CHECK(it.told.empty());

    it.apply("count", "1", "other");
    it.loop.run(it.review.look());
    CHECK(it.told.empty());
    REQUIRE(it.review.findings().unknown.size() == 1);
    CHECK(it.review.findings().unknown[0].where == "/ietf-lmap-control:lmap/tasks/task[name='t']");
}

TEST_CASE("results that are passed to a method that takes no input are told, and no more once it does")
{
    Reviewing it;
    it.loop.run(it.review.begin());
    model::Instruction instruction;
    instruction.events.push_back({"e", {}, {}, model::Startup{}});
    instruction.tasks = {{"t", {}, "m", {}, {}}};
    for (const char *name : {"s", "p"}) {
        model::Schedule &schedule = instruction.schedules.emplace_back();
        schedule.name = name;
        schedule.start = "e";
        schedule.execution_mode = model::ExecutionMode::parallel;
        schedule.actions = {{"a", "t", {}, {}, {}, {}}, {"b", "t", {}, {}, {}, {}}};
    }
    instruction.schedules[0].actions[0].destinations = {"p"};
    spool::Change change;
    change.instruction = {model::write_instruction(instruction), "1", WallTime()};
    REQUIRE(await(it.spool.record(change)));
    it.loop.run(it.review.look());
    REQUIRE(it.told.size() == 2);
    CHECK(it.told[0].path == kAction + "/destination");
    CHECK(it.told[0].message == "m, the method of action 'a' of schedule 'p', takes no input (name a schedule that "
                                "reports, or whose method takes input)");
    CHECK(it.told[1].message.find("action 'b'") != std::string::npos);
    it.method.flags = SONDE_TAKES_INPUT;
    it.loop.run(it.review.look());
    CHECK(it.review.findings().errors.empty());
}
