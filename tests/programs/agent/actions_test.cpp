// Whole runs of real methods in a real runner, under an owner's policy.
#include "bench.hpp"

#include "programs/agent/actions.hpp"
#include "programs/agent/constraints/constraints.hpp"
#include "programs/agent/left_behind.hpp"
#include "programs/agent/owner_view.hpp"
#include "spool/full_disk.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <fstream>
#include <map>

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

// Runners that nobody uses stay, however slow the machine is, so that they can be counted.
plugin_host::HostSettings patient()
{
    plugin_host::HostSettings settings;
    settings.idle_stop = 1h;
    return settings;
}

struct Field {
    Loop loop;
    sonde::test::TempDir dir;
    spool::Spool spool = sonde::test::open_spool(dir / "spool.db");
    std::shared_ptr<Log> log{std::shared_ptr<void>(), &loop.log};
    plugin_host::Host host = plugin_host::Host::spawn(loop.io.get_executor(), LAUNCHER, RUNNER, log, patient());
    plugin_host::Catalogue catalogue{host, {plugins()}, log};
    PolicyFile policy{dir / "policy.json", log};
    Reporter reporter{loop.io.get_executor(), spool, {}, no_jitter(), log, [] {}};
    Lookup lookup{loop.io.get_executor()};
    Budget budget{loop.io.get_executor(), spool, log};
    std::vector<frames::Parameter> known{{"contract", "100 Mb/s"}, {"address", "1 High Street"}};
    std::chrono::milliseconds longest_wait;
    Measuring measuring{host, catalogue, policy, lookup, budget, log, {60s, longest_wait}, known};
    int noted = 0;
    Actions actions{loop.io.get_executor(), spool, measuring, reporter, log, [this] { ++noted; }};

    // What the policy says of targets and plugins, beside its numbers.
    explicit Field(const std::string &rules, std::uint64_t bytes_per_day = 1000, unsigned concurrency = 1,
                   std::chrono::milliseconds wait_at_most = 60s)
        : longest_wait(wait_at_most)
    {
        std::ofstream(dir / "policy.json") << R"({"bytes-per-day": )" << bytes_per_day << R"(, "concurrency": )"
                                           << concurrency << ", " << rules << '}';
        loop.run([&]() -> asio::awaitable<void> {
            const bool changed = co_await catalogue.scan();
            CHECK(changed);
        }());
    }

    std::filesystem::path plugins()
    {
        const auto folder = dir / "plugins";
        std::filesystem::create_directory(folder);
        for (const char *name : {"alone.so", "echo.so", "input.so", "probe.so", "rows.so", "unbounded.so"})
            std::filesystem::copy_file(std::filesystem::path(FIXTURES) / name, folder / name);
        return folder;
    }

    static std::shared_ptr<schedule::Work> work_of(std::vector<model::Task> tasks)
    {
        auto work = std::make_shared<schedule::Work>();
        work->schedule.name = "s";
        for (std::size_t i = 0; i < tasks.size(); ++i)
            work->schedule.actions.push_back({std::string(1, static_cast<char>('a' + i)), "t", {}, {}, {}, {}});
        work->tasks = std::move(tasks);
        return work;
    }

    model::Outcome run(const std::string &method, std::vector<model::Option> options)
    {
        const model::Intent intent = plan();
        return run(work_of({{"t", {}, method, std::move(options), {}}}), intent, 0);
    }

    // True once it has ended.
    std::shared_ptr<bool> begin(const char *method, std::vector<model::Option> options,
                                std::shared_ptr<Stopper> stopper, const std::string &action = "a")
    {
        const auto over = std::make_shared<bool>(false);
        const auto work = work_of({{"t", {}, method, std::move(options), {}}});
        work->schedule.actions[0].name = action;
        asio::co_spawn(loop.io,
                       actions.carry_out({shared(plan({action})), work, 0, random_uuid(), now().monotonic}, routes(),
                                         std::move(stopper)),
                       [over](const std::exception_ptr &failure) {
                           CHECK_FALSE(failure);
                           *over = true;
                       });
        return over;
    }

    static std::shared_ptr<const model::Intent> shared(const model::Intent &intent)
    {
        return std::make_shared<const model::Intent>(intent);
    }

    model::Intent plan(std::vector<std::string> actions_of_it = {"a"})
    {
        const model::Intent intent = sonde::test::intent_of("s", 1, std::move(actions_of_it));
        spool::Change change;
        change.plan = {intent};
        REQUIRE(await(spool.record(change)));
        return intent;
    }

    model::Outcome run(std::shared_ptr<const schedule::Work> work, const model::Intent &intent, std::size_t action)
    {
        const Uuid run = random_uuid();
        loop.run(actions.carry_out({shared(intent), work, action, run, now().monotonic}, routes(),
                                   std::make_shared<Stopper>()));
        const auto outcomes = sonde::test::outcomes_in(sonde::test::batch_of(spool, to_spool(collector())));
        const auto found = std::find_if(outcomes.begin(), outcomes.end(),
                                        [&](const model::Outcome &outcome) { return outcome.run == run; });
        REQUIRE(found != outcomes.end());
        return *found;
    }

    // What the rows of echo say.
    std::map<std::string, std::string> seen()
    {
        std::map<std::string, std::string> all;
        for (const auto &result : sonde::test::results_of(sonde::test::batch_of(spool, to_spool(collector()))))
            for (const model::Table &table : result.tables)
                for (const auto &row : table.rows)
                    if (table.name == "seen" && row[0])
                        all[*row[0]] = row[1].value_or("");
        return all;
    }

    static agent::Destination collector() { return {"report", *channel::parse_url("https://localhost:1")}; }

    // Rows go where their action says, and its outcome with them.
    static std::shared_ptr<const Routes> routes()
    {
        model::Instruction instruction;
        model::Task &task = instruction.tasks.emplace_back();
        task.name = "report";
        task.functions = {{"urn:sonde:method:report", {}}};
        task.options = {{"0", "collector", to_string(collector().collector)}};
        model::Schedule &schedule = instruction.schedules.emplace_back();
        schedule.name = "report";
        schedule.actions = {{"report", "report", {}, {}, {}, {}}};
        model::Schedule &measuring = instruction.schedules.emplace_back();
        measuring.name = "s";
        measuring.actions = {{"a", "t", {}, {"report"}, {}, {}}, {"b", "t", {}, {"report"}, {}, {}}};
        return std::make_shared<Routes>(*Routes::of(instruction, Reach{}));
    }
};

// Results of schedule `s` are the input of the one that `takes`, which are reported.
struct Passing : Field {
    model::Instruction instruction;
    std::shared_ptr<const Routes> routes;
    const spool::Destination name = input_name("takes", "a");

    Passing()
        : Field(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["rows", "input"]})", 10'000)
    {
        instruction.tasks = {{"t", {}, "rows", {{"0", "count", "2"}}, {}},
                             {"i", {}, "input", {}, {}},
                             {"r", {}, "report", {{"0", "collector", to_string(collector().collector)}}, {}}};
        add("s", "t", {"takes"});
        add("takes", "i", {"report"});
        add("report", "r", {});
        routes = std::make_shared<Routes>(*Routes::of(instruction, Reach{}));
    }

    void add(const char *schedule, const char *task, std::vector<std::string> destinations)
    {
        model::Schedule &added = instruction.schedules.emplace_back();
        added.name = schedule;
        added.execution_mode = model::ExecutionMode::sequential;
        added.actions = {{"a", task, {}, std::move(destinations), {}, {}}};
    }

    // Of a schedule's action by this task.
    schedule::Start planned(std::size_t index, const model::Task &task)
    {
        auto work = std::make_shared<schedule::Work>();
        work->schedule = instruction.schedules[index];
        work->tasks = {task};
        spool::Change change;
        change.plan = {sonde::test::intent_of(work->schedule.name, 1)};
        REQUIRE(await(spool.record(change)));
        return {shared(change.plan[0]), work, 0, random_uuid(), now().monotonic};
    }

    model::Outcome run_task(std::size_t index, const model::Task &task,
                            std::shared_ptr<Stopper> stopper = std::make_shared<Stopper>())
    {
        schedule::Start start = planned(index, task);
        const Uuid id = start.run;
        loop.run(actions.carry_out(std::move(start), routes, std::move(stopper)));
        const auto past = await(spool.past({.run = to_string(id)}));
        REQUIRE(past->size() == 1);
        return past->front().outcome;
    }

    // As a run would whose plugin has declared its columns anew.
    void pass_unusable()
    {
        const schedule::Start start = planned(0, instruction.tasks[0]);
        model::ReportedResult part = sonde::test::part_of(*start.intent, 1);
        part.run = start.run;
        part.tables.front().rows.front().front() = "no number";
        REQUIRE(await(spool.start(start.intent->id, 0, start.run, "t", now().wall)));
        model::Outcome outcome = sonde::test::outcome_of(*start.intent, 1);
        outcome.run = start.run;
        REQUIRE(await(spool.end({{start.intent->id, 0, outcome, {}, part, {name}}})));
    }

    std::size_t waiting() { return await(spool.inputs(name, 0, 1 << 20))->entries.size(); }
};

std::vector<model::Option> target(const std::string &value)
{
    return {{"0", "target", value}};
}

} // namespace

TEST_CASE("a name is measured when the policy allows it and its addresses, and else refused without a word on the "
          "address [F4]")
{
    const auto [rules, word, message] = GENERATE(table<std::string, model::OutcomeWord, std::string>({
        {R"("targets": {"allow": ["localhost", "127.0.0.0/8", "::1"]})", model::OutcomeWord::completed, ""},
        {R"("targets": {"allow": ["localhost"]})", model::OutcomeWord::refused,
         "target localhost has an address that is in 127.0.0.0/8, this machine, and outside"},
        {R"("targets": {"allow": ["127.0.0.0/8"]})", model::OutcomeWord::refused,
         "target localhost is outside the allowed targets"},
    }));
    Field it(rules);
    const auto outcome = it.run("echo", {{"0", "target", "localhost"}, {"1", "family", "4"}});
    CHECK(outcome.word == word);
    CHECK(outcome.message.starts_with(message));
    CHECK(outcome.message.find("127.0.0.1") == std::string::npos);
}

TEST_CASE("a method is told of the line what it asks for and the agent was given [F2]")
{
    Field it(R"("targets": {"allow": ["127.0.0.1"]})");
    REQUIRE(it.run("echo", target("127.0.0.1")).word == model::OutcomeWord::completed);
    const auto seen = it.seen();
    CHECK(seen.count("contract") == 1);
    CHECK(seen.count("address") == 0);
}

TEST_CASE("a task's interface and family are the run's, and an action's option goes before them")
{
    Field it(R"("targets": {"allow": ["127.0.0.1"]})");
    const auto work = Field::work_of({{"t", {}, "echo", target("127.0.0.1"), {}, "lo", model::Family::ipv4}});
    REQUIRE(it.run(work, it.plan(), 0).message == "");
    const auto seen = it.seen();
    CHECK(seen.at("family") == "4");
    CHECK(seen.at("interface") == "lo");
    work->schedule.actions[0].options = {{"0", "family", "6"}};
    REQUIRE(it.run(work, it.plan(), 0).message == "");
    CHECK(it.seen()["family"] == "6");
    work->tasks[0].interface = "nosuch0";
    CHECK(it.run(work, it.plan(), 0).message.starts_with("interface: no interface 'nosuch0' here"));
}

// "A set of Schedule-specific tags that are reported together with the measurement results to a Collector."
// "A set of Action-specific tags that are reported together with the measurement results to a Collector."
TEST_CASE("of a run's tables those are reported that its action wants, and all without a word, with every tag")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["probe"]})", 1'000'000);
    const auto work = Field::work_of({{"t", {}, "probe", target("127.0.0.1"), {"of the task"}}});
    work->schedule.tags = {"of the schedule"};
    work->schedule.actions[0].tags = {"of the action"};
    const std::vector<std::string> tags{"of the task", "of the schedule", "of the action"};
    const auto tables = [&](std::vector<std::string> wanted) {
        work->schedule.actions[0].report_tables = std::move(wanted);
        const auto outcome = it.run(work, it.plan(), 0);
        CHECK(outcome.message == "");
        CHECK(outcome.rows == 3); // that the method made
        std::map<std::string, std::size_t> rows;
        for (const auto &result :
             sonde::test::results_of(sonde::test::batch_of(it.spool, to_spool(Field::collector()))))
            for (const model::Table &table : result.tables)
                if (result.run == outcome.run && !model::is_outcomes(result)) {
                    rows.emplace(table.name, table.rows.size());
                    CHECK(result.tags == tags);
                }
        return rows;
    };
    CHECK(tables({}) == std::map<std::string, std::size_t>{{"packet", 2}, {"summary", 1}});
    CHECK(tables({"summary"}) == std::map<std::string, std::size_t>{{"summary", 1}});
    CHECK(tables({"summary", "packet"}) == std::map<std::string, std::size_t>{{"packet", 2}, {"summary", 1}});
    work->schedule.actions[0].report_tables = {"summary", "sumary"};
    const auto outcome = it.run(work, it.plan(), 0);
    CHECK(outcome.word == model::OutcomeWord::failed);
    CHECK(outcome.status == plugin_host::kStatusBadOptions);
    CHECK(outcome.rows == 0);
    CHECK(outcome.message == "report-table: probe has no table 'sumary' (its tables: packet summary)");
}

TEST_CASE("a run whose options are not those that its task's function fixes does not begin")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["probe"]})", 1'000'000);
    auto options = target("127.0.0.1");
    options.push_back({"size", "size", "57"});
    const auto run = [&](const std::string &uri) {
        return it.run(Field::work_of({{"t", {{uri, {}}}, "probe", options, {}}}), it.plan(), 0);
    };
    const auto outcome = run("urn:example:fixture:size-56");
    CHECK(outcome.word == model::OutcomeWord::failed);
    CHECK(outcome.status == plugin_host::kStatusBadOptions);
    CHECK(outcome.rows == 0);
    CHECK(outcome.message == "size: is 57, and urn:example:fixture:size-56 fixes it at 56 (leave it out, or name "
                             "urn:example:fixture, which fits any options)");
    CHECK(run("urn:example:fixture").word == model::OutcomeWord::completed);
}

// The others that the method knows may not fit its options.
TEST_CASE("a run's tables are of the functions that its task names, and of the method's first one where it names none")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["probe"]})", 1'000'000);
    const auto reported = [&](std::vector<model::Function> named) {
        const auto work = Field::work_of({{"t", std::move(named), "probe", target("127.0.0.1"), {}}});
        const auto outcome = it.run(work, it.plan(), 0);
        CHECK(outcome.message == "");
        std::vector<std::string> uris;
        for (const auto &result :
             sonde::test::results_of(sonde::test::batch_of(it.spool, to_spool(Field::collector()))))
            for (const model::Table &table : result.tables)
                if (result.run == outcome.run && !model::is_outcomes(result))
                    for (const model::Function &function : table.functions)
                        uris.push_back(table.name + " " + function.uri);
        return uris;
    };
    using Uris = std::vector<std::string>;
    CHECK(reported({}) == Uris{"packet urn:example:fixture", "summary urn:example:fixture"});
    CHECK(reported({{"urn:example:fixture:size-56", {}}}) ==
          Uris{"packet urn:example:fixture:size-56", "summary urn:example:fixture:size-56"});
}

TEST_CASE("a name that has no address is no refusal, and nothing runs [G2]")
{
    Field it(R"("targets": {"allow": ["*"]})");
    const auto outcome = it.run("echo", target("nowhere.invalid"));
    CHECK(outcome.word == model::OutcomeWord::failed);
    CHECK(outcome.blame == model::Blame::resolver);
    CHECK(outcome.status == plugin_host::kStatusNoAddress);
    CHECK(outcome.message.starts_with("target nowhere.invalid: no address is known"));
    CHECK(outcome.rows == 0);
}

TEST_CASE("a method that sends without a target needs the owner's word, and keeps the day's limit [G2]")
{
    {
        Field it(R"("targets": {"allow": []})");
        const auto outcome = it.run("rows", {});
        CHECK(outcome.word == model::OutcomeWord::refused);
        CHECK(outcome.message.starts_with("method rows sends traffic and names no target"));
    }
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["rows"]})");
    CHECK(it.run("rows", {}).word == model::OutcomeWord::completed);
    CHECK(it.budget.used() == 450);
}

TEST_CASE("a run is refused that may need more than is left of the day, by its own options [G2]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["rows"]})");
    const auto refused = it.run("rows", {{"0", "count", "7"}});
    CHECK(refused.word == model::OutcomeWord::refused);
    CHECK(refused.message == "this may need 1050 bytes, more than the local policy has in a day, 1000 bytes");
    CHECK(refused.rows == 0);
    CHECK(it.run("rows", {{"0", "count", "6"}}).word == model::OutcomeWord::completed);
    CHECK(it.run("rows", {{"0", "count", "1"}})
              .message.starts_with("the local policy has 100 of the day's 1000 bytes left, and this may need 150; "));
    CHECK(it.budget.promised() == 0);
}

TEST_CASE("a run that reaches the day's limit is stopped, and another one is not begun [G2]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["*"]})");
    const auto stopped = it.run("unbounded", {{"0", "count", "100000"}, {"1", "interval", "10ms"}});
    CHECK(stopped.word == model::OutcomeWord::refused);
    CHECK(stopped.message == "stopped at the day's limit of the local policy: 1000 bytes");
    CHECK(it.budget.used() > 1000);
    CHECK(await(it.spool.open_state())->booked_bytes.begin()->second >= 1000);
    const auto next = it.run("unbounded", {});
    CHECK(next.word == model::OutcomeWord::refused);
    CHECK(next.message.starts_with("the local policy has 0 of the day's 1000 bytes left; there is more from "));
}

TEST_CASE("a run whose bytes cannot be booked has failed for want of storage, and nobody refused it [G2]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["*"]})");
    REQUIRE(it.run("rows", {{"0", "count", "1"}}).word == model::OutcomeWord::completed);
    const sonde::test::FullDisk full(it.dir / "spool.db", "budget");
    const auto outcome = it.run("unbounded", {{"0", "count", "100000"}, {"1", "interval", "10ms"}});
    CHECK(outcome.word == model::OutcomeWord::failed);
    CHECK(outcome.status == plugin_host::kStatusNoStorage);
    CHECK(outcome.blame == model::Blame::agent);
    CHECK(outcome.message.starts_with("its bytes could not be booked: "));
    CHECK(outcome.rows > 0);
}

TEST_CASE("the rows of a part that the disk refuses are counted as dropped [B3]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["rows"]})", 1'000'000'000);
    auto db = sqlite::Connection::open(it.dir / "spool.db", sqlite::Connection::Mode::create, 30s);
    REQUIRE(db);
    REQUIRE(db->script("CREATE TRIGGER full BEFORE INSERT ON result WHEN NEW.rows > 5000 "
                       "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;"));
    const auto outcome = it.run("rows", {{"0", "count", "12000"}});
    CHECK(outcome.word == model::OutcomeWord::failed);
    CHECK(outcome.status == plugin_host::kStatusNoStorage);
    CHECK(outcome.rows_dropped > 1000);
    std::uint64_t stored = 0;
    for (const auto &result : sonde::test::results_of(sonde::test::batch_of(it.spool, to_spool(Field::collector()))))
        for (const model::Table &table : result.tables)
            stored += model::is_outcomes(result) ? 0 : table.rows.size();
    CHECK(outcome.rows == outcome.rows_dropped + stored);
}

// "A set of Schedules receiving the output produced by this Action."
TEST_CASE("results of a schedule are the input of another one's method, until a run that was given them has ended [A5]")
{
    Passing it;
    const auto &tasks = it.instruction.tasks;
    const auto run = [&](std::size_t index, const model::Task &task,
                         std::shared_ptr<Stopper> stopper = std::make_shared<Stopper>()) {
        return it.run_task(index, task, std::move(stopper));
    };
    const auto waiting = [&] { return it.waiting(); };

    CHECK(run(0, tasks[0]).word == model::OutcomeWord::completed);
    CHECK(run(0, tasks[0]).word == model::OutcomeWord::completed);
    CHECK(waiting() == 2);
    // What no run was given waits on.
    model::Task wrong = tasks[1];
    wrong.options = {{"0", "nosuch", "1"}};
    CHECK(run(1, wrong).status == plugin_host::kStatusBadOptions);
    const auto stopped = std::make_shared<Stopper>();
    stopped->stop("the agent was stopped");
    CHECK(run(1, tasks[1], stopped).word == model::OutcomeWord::interrupted);
    const auto deaf = run(1, tasks[0]);
    CHECK(deaf.status == plugin_host::kStatusBadOptions);
    CHECK(deaf.message == "results are passed to it, and rows takes no input");
    CHECK(waiting() == 2);

    const auto taken = run(1, tasks[1]);
    CHECK(taken.message == "");
    CHECK(taken.rows == 2 * 2 * 3); // a word on each cell
    CHECK(it.seen() == std::map<std::string, std::string>{
                           {"rows/sample/number", "1"}, {"rows/sample/word", "odd"}, {"rows/sample/elapsed", "1000"}});
    CHECK(waiting() == 0);
    CHECK(run(1, tasks[1]).rows == 0);

    CHECK(run(0, tasks[0]).word == model::OutcomeWord::completed);
    Coroutines coroutines{it.loop.io};
    int noted = 0;
    std::shared_ptr<const Routes> in_force = it.routes;
    LeftBehind left_behind{
        coroutines, it.spool, it.reporter, in_force, it.log, [&] { ++noted; }, [](const auto &) { return false; }};
    it.loop.run(left_behind.deliver_all());
    CHECK(waiting() == 1);
    // Of an instruction that this program does not understand nobody knows what it passes on.
    in_force = std::make_shared<Routes>();
    it.loop.run(left_behind.deliver_all());
    CHECK(waiting() == 1);
    CHECK(noted == 0);
    // An instruction that passes nothing to it any more.
    in_force = Field::routes();
    it.loop.run(left_behind.deliver_all());
    CHECK(waiting() == 0);
    CHECK(noted == 1);
    const auto aside = await(it.spool.what_was_set_aside());
    REQUIRE(aside->size() == 1);
    CHECK(aside->front().reason == "nothing is passed to action 'a' of schedule 'takes' any more");
}

TEST_CASE("what is no input is not looked at while runs are refused, and set aside when a run takes it [A5]")
{
    Passing it;
    it.pass_unusable();
    it.run_task(0, it.instruction.tasks[0]);
    model::Task wrong = it.instruction.tasks[1];
    wrong.options = {{"0", "nosuch", "1"}};
    CHECK(it.run_task(1, wrong).status == plugin_host::kStatusBadOptions);
    CHECK(it.waiting() == 2);

    CHECK(it.run_task(1, it.instruction.tasks[1]).rows == 2 * 3);
    CHECK(it.waiting() == 0);
    CHECK(await(it.spool.what_was_set_aside())->size() == 1);
}

TEST_CASE("what is no input is set aside all at once, and the controller is told of it then [A5]")
{
    Passing it;
    for (int i = 0; i < 3; ++i)
        it.pass_unusable();
    CHECK(it.run_task(1, it.instruction.tasks[1]).word == model::OutcomeWord::completed);
    CHECK(it.noted == 1);
    CHECK(await(it.spool.what_was_set_aside())->size() == 3);
    const auto failures = await(it.spool.failures(10));
    REQUIRE(failures->size() == 1);
    CHECK(failures->front().failure.message.starts_with("3 results were refused and set aside: "));
}

TEST_CASE("inputs of an instruction that is replaced are left to a run that takes them, and are no failure then [A17]")
{
    Passing it;
    it.run_task(0, it.instruction.tasks[0]);
    bool over = false;
    asio::co_spawn(it.loop.io,
                   it.actions.carry_out(it.planned(1, it.instruction.tasks[1]), it.routes, std::make_shared<Stopper>()),
                   [&](const std::exception_ptr &failure) {
                       CHECK_FALSE(failure);
                       over = true;
                   });
    Coroutines coroutines{it.loop.io};
    const std::shared_ptr<const Routes> in_force = Field::routes();
    LeftBehind left_behind{coroutines,
                           it.spool,
                           it.reporter,
                           in_force,
                           it.log,
                           [&] { ++it.noted; },
                           [&](const spool::Destination &input) { return it.actions.takes(input); }};
    it.loop.run(until(it.loop.io, [&] { return it.actions.takes(it.name); }));
    it.loop.run(left_behind.deliver_all());
    it.loop.run(until(it.loop.io, [&] { return over; }));
    CHECK_FALSE(it.actions.takes(it.name));
    it.loop.run(left_behind.deliver_all());
    CHECK(it.waiting() == 0);
    CHECK(it.noted == 0);
    CHECK(await(it.spool.what_was_set_aside())->empty());
    CHECK(it.seen().contains("rows/sample/number"));
}

TEST_CASE("a runner is started ahead for what is due soon, but not for what is refused anyway")
{
    const auto [rules, runners] = GENERATE(table<std::string, std::size_t>({
        {R"("targets": {"allow": []})", 1},
        {R"("targets": {"allow": []}, "plugins": {"allow": ["echo"]})", 0},
    }));
    Field it(rules);
    const auto plugin = it.dir / "plugins" / "rows.so";
    it.host.retire(plugin);
    const std::size_t before = it.host.runners();
    it.loop.run(it.actions.warm(Field::work_of({{"t", {}, "rows", {}, {}}})));
    CHECK(it.host.runners() == before + runners);
    it.loop.run(it.actions.warm(Field::work_of({{"t", {}, "no-such-method", {}, {}}})));
    CHECK(it.host.runners() == before + runners);
}

TEST_CASE("methods of constraints, too, are made ready before they run, and none while the line is watched [A7]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["*"]})");
    for (const char *plugin : {"rows.so", "echo.so"})
        it.host.retire(it.dir / "plugins" / plugin);
    const std::size_t before = it.host.runners();
    Constraints constraints(it.loop.io.get_executor(), it.budget, it.measuring, {});
    const auto work = Field::work_of({{"t", {}, "echo", {}, {}}});
    work->schedule.constraints = {
        {"check", model::MethodResult{"c", "sample", "number", model::Comparison::less, "2"}}};
    work->constraint_tasks["c"] = {"c", {}, "rows", {{"0", "count", "2"}}, {}};
    CHECK_FALSE(Constraints::watch_first(*work));
    it.loop.run(it.actions.warm(work));
    CHECK(it.host.runners() == before + 2);

    // Those that begin together, and the next one while one runs.
    it.host.retire(it.dir / "plugins" / "rows.so");
    it.host.retire(it.dir / "plugins" / "echo.so");
    const auto pair = Field::work_of({{"t", {}, "rows", {}, {}}, {"t", {}, "echo", {}, {}}});
    pair->schedule.execution_mode = model::ExecutionMode::parallel;
    it.loop.run(it.actions.warm(pair));
    CHECK(it.host.runners() == before + 2);
    it.host.retire(it.dir / "plugins" / "echo.so");
    it.loop.run(it.actions.warm_next(pair, 0));
    CHECK(it.host.runners() == before + 1);
    pair->schedule.execution_mode = model::ExecutionMode::sequential;
    it.loop.run(it.actions.warm(pair));
    CHECK(it.host.runners() == before + 1);
    it.loop.run(it.actions.warm_next(pair, 0));
    it.loop.run(it.actions.warm_next(pair, 1));
    CHECK(it.host.runners() == before + 2);

    work->schedule.constraints.push_back({"idle", model::LineIdle{"lo", UINT64_MAX / 4, 1s}});
    CHECK(Constraints::watch_first(*work));
    std::vector<std::chrono::nanoseconds> told;
    const auto begun = now().monotonic;
    it.loop.run([&]() -> asio::awaitable<void> {
        const std::function<void()> soon = [&] { told.push_back(now().monotonic - begun); };
        const auto stopper = std::make_shared<Stopper>();
        const Verdict verdict = co_await constraints.look(work, stopper, soon);
        CHECK(verdict.met);
    }());
    REQUIRE(told.size() == 2);
    CHECK(told[1] >= 1s); // the method begins, the first action is next
}

TEST_CASE("a run that waits for its turn neither counts among those that run nor promises bytes [G2]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["rows", "alone"]})");
    const auto alone = std::make_shared<Stopper>();
    const auto alone_over = it.begin("alone", {{"0", "pause", "1h"}}, alone);
    const auto unwanted = std::make_shared<Stopper>();
    const auto unwanted_over = it.begin("rows", {{"0", "count", "2"}}, unwanted);
    const auto waiting_over = it.begin("rows", {{"0", "count", "2"}}, std::make_shared<Stopper>());
    unwanted->stop("not wanted any more");
    it.loop.run(until(it.loop.io, [&] { return *unwanted_over; }));
    CHECK_FALSE(*alone_over);
    CHECK_FALSE(*waiting_over);
    CHECK(it.budget.promised() == 0);
    alone->stop("enough");
    it.loop.run(until(it.loop.io, [&] { return *alone_over && *waiting_over; }));
    std::vector<model::OutcomeWord> words;
    for (const model::Outcome &outcome :
         sonde::test::outcomes_in(sonde::test::batch_of(it.spool, to_spool(Field::collector()))))
        words.push_back(outcome.word);
    using enum model::OutcomeWord;
    CHECK(words == std::vector{interrupted, interrupted, completed});
}

TEST_CASE("the status counts a run's rows while it goes on, whatever of them the spool has")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"untargeted": ["alone"]})");
    const auto stopper = std::make_shared<Stopper>();
    const auto over = it.begin("alone", {{"0", "pause", "1h"}}, stopper);
    const schedule::Engine engine({}, [] { return std::uint64_t{1}; });
    const plugin_host::MethodFindings findings;
    OwnerView view{{},
                   schedule::Zone(),
                   engine,
                   it.spool,
                   it.budget,
                   it.policy,
                   [] { return Source{.name = "file"}; },
                   findings,
                   [&](const Uuid &run) { return it.actions.rows(run); }};
    it.loop.run([&]() -> asio::awaitable<void> {
        asio::steady_timer pause(it.loop.io);
        const auto end = std::chrono::steady_clock::now() + 10s;
        std::string said;
        while (said.find(R"("rows":1,"run":)") == std::string::npos && std::chrono::steady_clock::now() < end) {
            pause.expires_after(1ms);
            co_await pause.async_wait(asio::use_awaitable);
            std::string status = co_await status_answer(view);
            said = std::move(status);
        }
        CHECK(said.find(R"("rows":1,"run":)") != std::string::npos);
    }());
    const auto open = await(it.spool.open_state());
    CHECK(open->intents.at(0).actions.at(0).run->rows == 0);
    stopper->stop("enough");
    it.loop.run(until(it.loop.io, [&] { return *over; }));
    CHECK_FALSE(it.actions.rows(open->intents.at(0).actions.at(0).run->id));
}

// "Output created by an Action is passed as input to the subsequent Action."
TEST_CASE(
    "'Output created by an Action is passed as input to the subsequent Action', to no other, not past a suppressed "
    "one [A5]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["*"]})");
    const auto [mode, cells] = GENERATE(table<model::ExecutionMode, std::uint64_t>(
        {{model::ExecutionMode::pipelined, 6}, {model::ExecutionMode::sequential, 0}}));
    const auto work = Field::work_of({{"t", {}, "rows", {{"0", "count", "2"}}, {}}, {"t", {}, "input", {}, {}}});
    work->schedule.execution_mode = mode;
    const model::Intent intent = it.plan({"a", "b"});
    CHECK(it.run(work, intent, 0).rows == 2);
    CHECK(it.run(work, intent, 1).rows == cells);
    // Another trigger of the same schedule.
    CHECK(it.run(work, it.plan({"a", "b"}), 1).rows == 0);
    // The second of three did not start, and the third is no neighbour of the first.
    work->schedule.actions.push_back(work->schedule.actions.back());
    work->tasks.push_back(work->tasks.back());
    const model::Intent gap = it.plan({"a", "b", "c"});
    CHECK(it.run(work, gap, 0).rows == 2);
    CHECK(it.run(work, gap, 2).rows == 0);
}

TEST_CASE("the instruction's data budget bounds what runs beside the owner's policy, before and while they run [A7]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["*"]})", 1'000'000);
    it.measuring.allow({1000, 1'000'000, {}, {}});
    CHECK(it.measuring.bytes_left() == 1000);
    CHECK(it.run("rows", {{"0", "count", "6"}}).word == model::OutcomeWord::completed);
    CHECK(it.measuring.bytes_left() == 100);
    const auto refused = it.run("rows", {{"0", "count", "1"}});
    CHECK(refused.word == model::OutcomeWord::refused);
    CHECK(refused.blame == model::Blame::policy);
    CHECK(refused.message.starts_with("the data budget has 100 of the day's 1000 bytes left, and this may need 150; "));
    const auto stopped = it.run("unbounded", {{"0", "count", "100000"}, {"1", "interval", "10ms"}});
    CHECK(stopped.word == model::OutcomeWord::refused);
    CHECK(stopped.message == "stopped at the day's limit of the data budget: 1000 bytes");
    it.measuring.allow({{}, {}, 1, 450});
    CHECK(it.run("rows", {{"0", "count", "3"}}).word == model::OutcomeWord::completed);
    const auto later = it.run("rows", {{"0", "count", "3"}});
    CHECK(later.word == model::OutcomeWord::refused);
    CHECK(later.message.find(" of 450 bytes at the moment, and this may need 450; there is enough in ") !=
          std::string::npos);
}

TEST_CASE("a turn that does not come is not waited for for ever, and the overlap is told as a conflict [A9]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["*"], "untargeted": ["rows", "alone"]})", 1000, 2,
             50ms);
    const auto alone = std::make_shared<Stopper>();
    const auto alone_over = it.begin("alone", {{"0", "pause", "1h"}}, alone, "b");
    const auto other_over = it.begin("rows", {{"0", "count", "2"}}, std::make_shared<Stopper>());
    it.loop.run(until(it.loop.io, [&] { return *other_over; }));
    CHECK_FALSE(*alone_over);
    alone->stop("enough");
    it.loop.run(until(it.loop.io, [&] { return *alone_over; }));
    std::map<std::string, std::vector<model::Conflict>> conflicts;
    for (const auto &result : sonde::test::results_of(sonde::test::batch_of(it.spool, to_spool(Field::collector()))))
        if (!model::is_outcomes(result))
            conflicts[result.action] = result.conflicts;
    CHECK(conflicts["a"] == std::vector<model::Conflict>{{"s", "b", "t"}});
    CHECK(conflicts["b"] == std::vector<model::Conflict>{{"s", "a", "t"}});
}

TEST_CASE("a method's result is a constraint: it is run as an action is, and every row is compared [A7]")
{
    Field it(R"("targets": {"allow": []}, "plugins": {"allow": ["rows"], "untargeted": ["rows"]})", 1350);
    Constraints constraints(it.loop.io.get_executor(), it.budget, it.measuring, {});
    const auto look = [&](const std::string &table, const std::string &column, model::Comparison comparison,
                          const std::string &value, const std::string &method = "rows") {
        auto work = Field::work_of({});
        work->schedule.constraints = {{"check", model::MethodResult{"t", table, column, comparison, value}}};
        work->constraint_tasks["t"] = {"t", {}, method, {{"0", "count", "2"}}, {}};
        std::optional<Verdict> verdict;
        it.loop.run([&]() -> asio::awaitable<void> {
            const auto stopper = std::make_shared<Stopper>();
            verdict = co_await constraints.look(work, stopper);
        }());
        return *verdict;
    };
    using enum model::Comparison;
    CHECK(look("sample", "number", less, "2").met);
    CHECK(it.budget.used() == 300);
    CHECK(look("sample", "number", less, "1").reason == "check (method-result) number 1 >= 1");
    CHECK(look("sample", "number", less, "one").reason ==
          "check (method-result) 'one' is no int that number could have");
    CHECK(look("lines", "number", less, "1").reason == "check (method-result) method rows has no table 'lines'");
    CHECK(
        look("sample", "number", less, "2")
            .reason.starts_with("check (method-result) cannot be told: t was refused, the local policy has 150 of the "
                                "day's 1350 bytes left, and this may need 300; "));
    CHECK(look("sample", "number", equal, "0", "unbounded")
              .reason.starts_with("check (method-result) cannot be told: t was refused, method unbounded "));
    // Nothing of it is a result.
    CHECK(sonde::test::results_of(sonde::test::batch_of(it.spool, to_spool(Field::collector()))).empty());
}

TEST_CASE("the line is idle if others than the agent use less of it, over the window [A7]")
{
    Field it(R"("targets": {"allow": []})");
    Constraints constraints(it.loop.io.get_executor(), it.budget, it.measuring, {});
    const auto look = [&](std::uint64_t most, std::uint64_t noise, std::uint64_t counted,
                          const std::string &interface = "lo") {
        auto work = Field::work_of({});
        work->schedule.constraints = {{"line-idle", model::LineIdle{"lo", most, 1s}}};
        Budget::Meter meter(it.budget, UINT64_MAX, {}, interface);
        boost::asio::ip::udp::socket sink(it.loop.io, {boost::asio::ip::address_v4::loopback(), 0});
        std::optional<Verdict> verdict;
        it.loop.run([&]() -> asio::awaitable<void> {
            boost::asio::steady_timer soon(it.loop.io, 100ms);
            soon.async_wait([&](boost::system::error_code) {
                const std::vector<char> packet(50'000);
                for (std::uint64_t sent = 0; sent < noise; sent += packet.size())
                    sink.send_to(boost::asio::buffer(packet), sink.local_endpoint());
                [[maybe_unused]] const auto stop = meter.count(counted);
            });
            const auto stopper = std::make_shared<Stopper>();
            verdict = co_await constraints.look(work, stopper);
        }());
        return *verdict;
    };
    // Others on this machine may use the loopback, too: only less than they do can be told apart from this.
    const Verdict busy = look(62'500, 10'000'000, 0);
    CHECK_FALSE(busy.met);
    CHECK(busy.reason.starts_with("line-idle "));
    CHECK(busy.reason.ends_with(" > 0.5 Mb/s"));
    // What goes over the loopback is sent and received there.
    CHECK(look(1'250'000, 10'000'000, 19'500'000).met);
    CHECK(look(62'500, 10'000'000, 9'500'000, "wan0").reason.ends_with(" > 0.5 Mb/s"));
    CHECK(look(62'500, 10'000'000, 9'500'000, "").reason ==
          "line-idle cannot be told: a measurement was under way whose interface is not known");
    CHECK(look(62'500, 10'000'000, 1'000'000'000'000).reason ==
          "line-idle cannot be told: measurements count more than interface lo carried meanwhile");
}

TEST_CASE("what must hold is looked at as the machine is, and again after a look that takes its time [A7]")
{
    Field it(R"("targets": {"allow": []})", 1350);
    sonde::test::TempDir supplies;
    std::filesystem::create_directory(supplies / "BAT0");
    std::ofstream(supplies / "BAT0/type") << "Battery\n";
    const auto battery = [&](const char *status) { std::ofstream(supplies / "BAT0/status") << status << '\n'; };
    Constraints constraints(it.loop.io.get_executor(), it.budget, it.measuring, {schedule::Zone(), supplies / "."});
    const auto look = [&](std::vector<model::Constraint> wanted, std::function<void()> meanwhile = {}) {
        auto work = Field::work_of({{"t", {}, "rows", {}, {}}});
        work->schedule.constraints = std::move(wanted);
        std::optional<Verdict> verdict;
        it.loop.run([&]() -> asio::awaitable<void> {
            boost::asio::steady_timer soon(it.loop.io, 100ms);
            soon.async_wait([&](boost::system::error_code error) {
                if (!error && meanwhile)
                    meanwhile();
            });
            const auto stopper = std::make_shared<Stopper>();
            verdict = co_await constraints.look(work, stopper);
        }());
        return *verdict;
    };
    CHECK(look({{"interface-up", model::InterfaceUp{"none0"}}}).reason.starts_with("interface-up interface none0: "));

    battery("Discharging");
    const model::Constraint on_mains{"power", model::OnBattery{false}};
    CHECK(look({{"power", model::OnBattery{true}}}).met);
    CHECK(look({on_mains}).reason == "power (on-battery) the machine runs on battery");

    const auto hour = [](int from_now) {
        const auto time = std::chrono::floor<std::chrono::hours>(now().wall.time_since_epoch());
        return std::chrono::minutes((time + std::chrono::hours(from_now)) % 24h);
    };
    CHECK(look({{"night", model::LocalTimeWindow{hour(-2), hour(2)}}}).met);
    CHECK(look({{"night", model::LocalTimeWindow{hour(2), hour(-2)}}})
              .reason.starts_with("night (local-time-window) it is "));

    CHECK(look({{"left", model::DataBudgetLeft{1350}}}).met);
    CHECK(look({{"left", model::DataBudgetLeft{1351}}}).reason == "left (data-budget-left) 1350 bytes < 1351 bytes");

    // Met at first, and no longer when the line has been found idle.
    battery("Full");
    const model::Constraint idle{"idle", model::LineIdle{"lo", UINT64_MAX / 4, 1s}};
    CHECK(look({on_mains, idle}).met);
    CHECK(look({on_mains, idle}, [&] { battery("Discharging"); }).reason ==
          "power (on-battery) the machine runs on battery");

    // Without a policy the actions say why.
    std::filesystem::remove(it.dir / "policy.json");
    CHECK(look({on_mains}).met);
}

TEST_CASE("what stands in the owner's policy is not told to the operator, neither a rule nor a mistake [F4]")
{
    const auto [rules, message] = GENERATE(table<std::string, std::string>({
        {R"("targets": {"allow": ["*"], "deny": ["192.168.77.1", "*.secret.example"]})",
         "target www.secret.example is among the denied targets (/targets/deny/1 of the local policy)"},
        {R"("targets": {"allow": ["192.168.77.1/24"]})",
         "the local policy refuses everything: policy.json is wrong, as the agent's log says"},
    }));
    Field it(rules);
    const auto outcome = it.run("echo", target("www.secret.example"));
    CHECK(outcome.word == model::OutcomeWord::refused);
    CHECK(outcome.message == message);
}
