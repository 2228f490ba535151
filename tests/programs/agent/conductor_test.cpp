// Whose collector hears of what, when one instruction follows another.
#include "bench.hpp"

#include "programs/agent/conductor.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

// All that a conductor needs. Its reports are not taken, and so go on; no method is there to measure, unless a test
// brings one.
struct Stage {
    Loop loop;
    sonde::test::TempDir dir;
    spool::Spool spool = sonde::test::open_spool(dir / "spool.db");
    std::shared_ptr<Log> log{std::shared_ptr<void>(), &loop.log};
    plugin_host::Host host = plugin_host::Host::spawn(loop.io.get_executor(), LAUNCHER, RUNNER, log, {});
    plugin_host::Catalogue catalogue{host, {dir / "plugins"}, log};
    PolicyFile policy{dir / "policy.json", log};
    Reporter reporter{loop.io.get_executor(), spool, {}, no_jitter(), log, [] {}};
    Lookup lookup{loop.io.get_executor()};
    Budget budget{loop.io.get_executor(), spool, log};
    std::vector<frames::Parameter> known;
    Measuring measuring{host, catalogue, policy, lookup, budget, log, {60s, 60s}, known};
    Actions actions{loop.io.get_executor(), spool, measuring, reporter, log, [] {}};
    Constraints constraints{loop.io.get_executor(), budget, measuring, {}};
    std::uint64_t drawn = 0;
    // Spreads are long: what is drawn is never near zero.
    schedule::Engine engine{random_uuid(), [this] { return (std::uint64_t{1} << 63) + ++drawn; }};
    Coroutines coroutines{loop.io};
    Alarm alarm = Alarm::make(loop.io.get_executor()).value();
    std::optional<WallTime> applied; // the last new instruction
    Conductor conductor{coroutines,  engine, spool, actions,
                        constraints, alarm,  log,   [this](const Accepted &now) { applied = now.stored.applied_at; },
                        [] {}};
    bool over = false;

    void begin(Accepted instruction)
    {
        coroutines.spawn([](Stage &stage, Accepted first) -> asio::awaitable<void> {
            schedule::Saved nothing;
            std::function<void(WallTime)> started = [](WallTime) {};
            co_await stage.conductor.conduct(std::move(first), std::move(nothing), std::move(started));
            stage.over = true;
        }(*this, std::move(instruction)));
    }

    void run_until(std::function<bool()> condition) { loop.run(until(loop.io, std::move(condition))); }

    // What of the spool names a task that runs.
    bool runs(const std::string &task)
    {
        const auto state = sonde::test::await(spool.open_state());
        for (const spool::OpenIntent &open : state.value().intents)
            for (const spool::ActionRecord &action : open.actions)
                if (action.state == spool::ActionState::started && action.run->task == task)
                    return true;
        return false;
    }

    std::vector<std::string> told(const std::string &collector)
    {
        std::vector<std::string> all;
        for (const auto &one : sonde::test::outcomes_in(sonde::test::batch_of(spool, collector + " report")))
            all.push_back(one.schedule + "/" + one.action + " " + model::to_string(one.word));
        std::sort(all.begin(), all.end());
        return all;
    }
};

// "sends" reports at once and then measures, "waits" has a long spread; both give their results to "report".
Accepted instruction_of(const std::string &collector, bool with_schedules)
{
    model::Instruction instruction;
    instruction.tasks = {{"measure", {}, "nothing", {}, {}},
                         {"report", {}, "report", {{"0", "collector", collector}}, {}}};
    instruction.events = {{"now", std::nullopt, std::nullopt, model::Immediate{}},
                          {"later", std::chrono::hours(24), std::nullopt, model::Immediate{}},
                          {"once", std::nullopt, std::nullopt, model::OneOff{now().wall + std::chrono::hours(24)}}};
    const auto add = [&](const std::string &name, const std::string &event, std::vector<model::Action> actions) {
        model::Schedule &schedule = instruction.schedules.emplace_back();
        schedule.name = name;
        schedule.start = event;
        schedule.execution_mode = model::ExecutionMode::sequential;
        schedule.tags = {collector}; // another collector, another configuration
        schedule.actions = std::move(actions);
    };
    add("report", "once", {{"report", "report", {}, {}, {}, {}}});
    if (with_schedules) {
        add("sends", "now", {{"send", "report", {}, {}, {}, {}}, {"then", "measure", {}, {"report"}, {}, {}}});
        add("waits", "later", {{"measure", "measure", {}, {"report"}, {}, {}}});
    }
    auto routes = Routes::of(instruction, Reach{});
    return {{"{}", collector, {}}, instruction, std::make_shared<const Routes>(routes.value())};
}

} // namespace

TEST_CASE("what an instruction asked for is told to its own collector, however many follow it [A15]")
{
    Stage stage;
    const std::string first = "https://a.example:1", second = "https://b.example:1", third = "https://c.example:1";
    // Something to send, so that the report does not end.
    sonde::test::run_whole(stage.spool, sonde::test::intent_of("other", 1), 1, 10, {first + " sends"});
    stage.begin(instruction_of(first, true));
    stage.run_until([&] { return stage.runs("report"); });
    stage.conductor.replace(instruction_of(second, true));
    stage.conductor.replace(instruction_of(third, false));
    stage.run_until([&] { return stage.told(first).size() >= 2; });
    stage.conductor.stop();
    stage.run_until([&] { return stage.over; });
    CHECK(stage.told(first) == std::vector<std::string>{"sends/then interrupted", "waits/measure missed"});
    CHECK(stage.told(second) == std::vector<std::string>{"sends/then missed", "waits/measure missed"});
    CHECK(stage.told(third).empty());

    // What ran, or reported, was late by some time; what did not run by none.
    const auto past = sonde::test::await(stage.spool.past({.schedule = "sends"}));
    REQUIRE(past.value().size() == 4);
    for (const spool::PastOutcome &one : *past) {
        INFO(one.outcome.action << ' ' << model::to_string(one.outcome.word));
        CHECK(one.outcome.lateness.has_value() == one.outcome.start.has_value());
        CHECK(one.reported); // how a report ended goes along with another one
    }
}

namespace {

// "sends" reports, "measures" a method; both at one time.
Accepted instruction_for(WallTime time, const std::string &collector, const std::string &method = "nothing")
{
    model::Instruction instruction;
    instruction.tasks = {{"measure", {}, method, {}, {}},
                         {"report", {}, "report", {{"0", "collector", collector}}, {}}};
    instruction.events = {{"once", std::nullopt, std::nullopt, model::OneOff{time}}};
    for (const char *task : {"report", "measure"}) {
        model::Schedule &schedule = instruction.schedules.emplace_back();
        schedule.name = std::string(task) + "s";
        schedule.start = "once";
        schedule.actions = {{task, task, {}, {}, {}, {}}};
    }
    auto routes = Routes::of(instruction, Reach{});
    return {{"{}", collector, {}}, instruction, std::make_shared<const Routes>(routes.value())};
}

} // namespace

TEST_CASE("whatever comes of it, nothing began before its time [A5]")
{
    Stage stage;
    const WallTime time = now().wall + 500ms;
    stage.begin(instruction_for(time, "https://a.example:1"));
    const auto past = [&] { return sonde::test::await(stage.spool.past({})).value(); };
    // The report has its outcome to send, and goes on trying.
    stage.run_until([&] { return !past().empty(); });
    stage.conductor.stop();
    stage.run_until([&] { return stage.over; });
    CHECK(past().size() == 2);
    for (const spool::PastOutcome &one : past()) {
        INFO(one.outcome.schedule << ' ' << model::to_string(one.outcome.word));
        CHECK(one.outcome.start >= time);
        CHECK(one.outcome.end >= one.outcome.start);
        CHECK(one.outcome.lateness.value_or(0s) >= 0s);
    }
}

TEST_CASE("what is due at the same time is handed over the earlier the more it is [A5]")
{
    const std::size_t together = 60;
    const auto first_ahead = [&] {
        Stage stage;
        const WallTime time = now().wall + 300ms;
        Accepted all = instruction_of("https://a.example:1", false);
        all.instruction.events = {{"once", std::nullopt, std::nullopt, model::OneOff{time}}};
        const model::Schedule one = all.instruction.schedules.front();
        all.instruction.schedules.clear();
        for (std::size_t number = 0; number < together; ++number) {
            model::Schedule &schedule = all.instruction.schedules.emplace_back(one);
            schedule.name = "measures " + std::to_string(number);
            schedule.actions = {{"measure", "measure", {}, {}, {}, {}}};
        }
        all.routes = std::make_shared<const Routes>(Routes::of(all.instruction, Reach{}).value());
        stage.begin(all);
        stage.run_until([&] { return stage.engine.running().size() > 0 || now().wall > time; });
        const auto ahead = time - now().wall;
        stage.conductor.stop();
        stage.run_until([&] { return stage.over; });
        return ahead;
    };
    // A machine that is busy may come too late once, or a few times; without many it would never be 20 ms ahead.
    bool early = false;
    for (int tried = 0; !early && tried < 10; ++tried)
        early = first_ahead() > 20ms;
    CHECK(early);
}

TEST_CASE("what was handed over ahead of its time is the instruction's that another one replaces meanwhile [A13] [A15]")
{
    Stage stage;
    // Something to send, so that the report does not end.
    sonde::test::run_whole(stage.spool, sonde::test::intent_of("other", 1), 1, 10, {"https://a.example:1 reports"});
    const WallTime time = now().wall + 2s;
    stage.begin(instruction_for(time, "https://a.example:1"));
    stage.run_until([&] { return !stage.engine.running().empty(); });
    stage.conductor.replace(instruction_of("https://b.example:1", false));
    stage.run_until([&] { return stage.applied.has_value(); });
    CHECK(stage.applied > time);
    stage.conductor.stop();
    stage.run_until([&] { return stage.over; });
    for (const char *schedule : {"reports", "measures"})
        CHECK(sonde::test::await(stage.spool.past({.schedule = schedule})).value().size() == 1);
}

TEST_CASE("the runner of what is due soon is there before that is started")
{
    Stage stage;
    std::filesystem::create_directory(stage.dir / "plugins");
    const auto plugin = stage.dir / "plugins" / "rows.so";
    std::filesystem::copy_file(std::filesystem::path(FIXTURES) / "rows.so", plugin);
    std::ofstream(stage.dir / "policy.json")
        << R"({"bytes-per-day": 1000, "concurrency": 1, "targets": {"allow": []}})";
    stage.loop.run([&]() -> asio::awaitable<void> {
        const bool changed = co_await stage.catalogue.scan();
        CHECK(changed);
    }());
    stage.host.retire(plugin);
    REQUIRE(stage.host.runners() == 0);
    const WallTime time = now().wall + 3s;
    stage.begin(instruction_for(time, "https://a.example:1", "rows"));
    stage.run_until([&] { return stage.host.runners() > 0; });
    CHECK(stage.engine.running().empty());
    CHECK(now().wall >= time - 2s);
    stage.conductor.stop();
    stage.run_until([&] { return stage.over; });
}
