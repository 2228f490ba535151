#include "runner_process.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

using Rows = std::vector<std::vector<std::string>>;

// The index of a word of the fixtures' option `how`.
std::vector<frames::OptionValue> how(std::int64_t word)
{
    return {integer(word)};
}

bool ended_well(const Finished &finished)
{
    return WIFEXITED(finished.wait_status) && WEXITSTATUS(finished.wait_status) == 0;
}

} // namespace

TEST_CASE("a run's rows, words and counts arrive, and then that it is done")
{
    RunnerProcess runner(fixture("rows"));
    const Finished finished = finish(runner, {integer(3), integer(0)});
    CHECK(ended_well(finished));
    CHECK(finished.told.rows == Rows{{"0", "even", "0"}, {"1", "odd", "1000"}, {"2", "even", "2000"}});
    CHECK(finished.told.done == 0);
    CHECK(finished.told.traffic == frames::Traffic{300, 150});
    CHECK(finished.told.progress == frames::Progress{3, 3});
    REQUIRE(finished.told.logs.size() == 1);
    CHECK(finished.told.logs[0] == frames::LogLine{SONDE_LOG_INFO, "3 rows"});
}

TEST_CASE("a runner serves many runs, one after the other and side by side")
{
    RunnerProcess runner(fixture("rows"));
    for (int i = 0; i < 20; ++i)
        CHECK(finish(runner, {integer(i), integer(0)}).told.rows.size() == static_cast<std::size_t>(i));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    std::vector<Run> runs;
    for (std::uint64_t i = 0; i < 8; ++i)
        runs.emplace_back(runner, frames::Invoke{i, 0, {integer(1000), integer(0)}, {}, 0, "", 0, {}, {}});
    for (Run &run : runs) {
        const Told told = listen(run, description.methods[0]);
        CHECK(told.rows.size() == 1000);
        CHECK(told.done == 0);
    }
}

TEST_CASE("a million rows lose none")
{
    RunnerProcess runner(fixture("flood"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    Run run(runner, frames::Invoke{1, 0, {integer(1'000'000)}, {}, 0, "", 0, {}, {}});
    const frames::RowFormat format(description.methods[0].tables[0]);
    std::int64_t next = 0;
    bool in_order = true;
    while (const auto incoming = run.wire.next()) {
        const auto *rows = std::get_if<frames::Rows>(&incoming->message);
        if (rows == nullptr)
            continue;
        frames::RowReader reader(format, *rows);
        while (reader.next())
            in_order = in_order && reader.cells()[0].v.i == next++;
        REQUIRE_FALSE(reader.error());
    }
    CHECK(in_order);
    CHECK(next == 1'000'000);
}

TEST_CASE("a row of a slow method arrives when it is written")
{
    RunnerProcess runner(fixture("rows"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    // The second row is an hour away.
    Run run(runner, frames::Invoke{1, 0, {integer(2), integer(3'600'000'000'000)}, {}, 0, "", 0, {}, {}});
    Told told;
    while (told.rows.empty()) {
        const auto incoming = run.wire.next();
        REQUIRE(incoming);
        take(incoming->message, description.methods[0], told);
    }
    CHECK(told.rows[0][0] == "0");
    run.ask_to_stop();
    const Told rest = listen(run, description.methods[0]);
    CHECK(rest.done == 0);
}

TEST_CASE("a run past its deadline is told to stop like a cancelled one")
{
    RunnerProcess runner(fixture("rows"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    frames::Invoke invoke{1, 0, {integer(2), integer(3'600'000'000'000)}, {}, 0, "", 0, {}, {}};
    invoke.deadline = now().monotonic + std::chrono::milliseconds(20);
    Run run(runner, invoke);
    const Told told = listen(run, description.methods[0]);
    CHECK(told.done == 0);
    CHECK(told.rows.size() == 1);
}

TEST_CASE("a run that is handed over ahead of its time begins at its time")
{
    RunnerProcess runner(fixture("rows"));
    frames::Invoke invoke{1, 0, {integer(0), integer(0)}, {}, 0, "", 0, {}, {}};
    invoke.not_before = now().monotonic + std::chrono::milliseconds(50);
    Run run(runner, invoke);
    Wire<frames::AgentToRun, frames::RunToAgent> &wire = run.wire;
    const auto begun = wire.expect<frames::Begun>();
    CHECK(begun.at >= invoke.not_before);
    CHECK(begun.at <= now().monotonic);
}

TEST_CASE("a run that is cancelled before its time ends at once and is never entered")
{
    RunnerProcess runner(fixture("rows"));
    frames::Invoke invoke{1, 0, {integer(0), integer(0)}, {}, 0, "", 0, {}, {}};
    invoke.not_before = now().monotonic + std::chrono::hours(1);
    Run run(runner, invoke);
    runner.control.expect<frames::Started>();
    run.ask_to_stop();
    CHECK_FALSE(run.wire.next());
    CHECK_FALSE(run.wire.begun);
    CHECK(runner.control.expect<frames::Exited>().wait_status == 0);
}

TEST_CASE("a method that returns what row() told it to stop with has not failed")
{
    RunnerProcess runner(fixture("flood"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    Run run(runner, frames::Invoke{1, 0, {integer(INT64_MAX)}, {}, 0, "", 0, {}, {}});
    REQUIRE(run.wire.next());
    run.ask_to_stop();
    const Told told = listen(run, description.methods[0]);
    CHECK(told.done == 0);
    CHECK(told.failures.empty());
}

TEST_CASE("the first failure stands, with its text, and rows around it are kept")
{
    RunnerProcess runner(fixture("fails"));
    const Finished once = finish(runner, how(0));
    CHECK(once.told.failures == std::vector<frames::Fail>{{7, "no answer from there"}});
    CHECK(once.told.done == 7);
    CHECK(once.told.rows.size() == 2);
    const Finished twice = finish(runner, how(1));
    CHECK(twice.told.failures == std::vector<frames::Fail>{{8, "first"}});
    CHECK(twice.told.done == 8);
    const Finished returned = finish(runner, how(3));
    CHECK(returned.told.failures.empty());
    CHECK(returned.told.done == 7);
}

TEST_CASE("a status that the method does not declare is the plugin's mistake, and said so")
{
    RunnerProcess runner(fixture("fails"));
    const Finished undeclared = finish(runner, how(2));
    CHECK(undeclared.told.failures ==
          std::vector<frames::Fail>{{103, "failed with status 42, which is not declared: a secret"}});
    CHECK(undeclared.told.done == 103);
    const Finished unknown = finish(runner, how(4));
    CHECK(unknown.told.failures == std::vector<frames::Fail>{{103, "returned -1, which is not a declared status"}});
    CHECK(finish(runner, how(5)).told.failures == std::vector<frames::Fail>{{7, "caf?"}});
}

TEST_CASE("a callback from a thread of the plugin's own does nothing and fails the run, unless any thread may")
{
    RunnerProcess runner(fixture("stranger"));
    CHECK(finish(runner, how(0)).told.done == 0);
    std::int64_t word = 0;
    for (const char *callback : {"row", "fail", "log", "socket", "resolve", "progress", "count", "sleep_until"}) {
        const Told told = finish(runner, how(++word)).told;
        CHECK(told.failures == std::vector<frames::Fail>{{103, std::string("called ") + callback +
                                                                   " of the host from a thread of its own; only the "
                                                                   "one that entered run may"}});
        CHECK(told.done == 103);
        CHECK(told.rows.empty());
        CHECK(told.logs.empty());
        CHECK(told.traffic == frames::Traffic{});
    }
}

TEST_CASE("a row against the declaration fails the run with a sentence for its author")
{
    RunnerProcess runner(fixture("wrong_row"));
    const auto text = [&](std::int64_t word) {
        const Finished finished = finish(runner, how(word));
        CHECK(finished.told.rows.size() == 1);
        CHECK(finished.told.done == 103);
        REQUIRE(finished.told.failures.size() == 1);
        CHECK(finished.told.failures[0].code == 103);
        return finished.told.failures[0].text;
    };
    CHECK(text(0) == "sample/number: a cell of double in a column of int");
    CHECK(text(1) ==
          "sample/number: a null in a column that is not nullable (declare it .nullable = 1, or give a value)");
    CHECK(text(2) == "sample/word: 'neither' is not among the declared words");
    CHECK(text(3) == "sample: a row of 2 cells in a table of 3 columns");
    CHECK(text(4) == "a row for table 1, of 1");
    CHECK(text(5) == "sample/word: a string must be UTF-8");
}
