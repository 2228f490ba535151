#include "runner_process.hpp"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

using namespace sonde;
using namespace sonde::test;

namespace {

// A run of a fixture that has written its first row, with its process.
struct Started {
    RunnerProcess runner;
    frames::MethodDescription method;
    std::optional<Run> run;
    pid_t pid = 0;

    explicit Started(const std::string &name) : runner(fixture(name))
    {
        runner.control.send(frames::Describe{});
        method = runner.control.expect<frames::Description>().methods[0];
        run.emplace(runner, frames::Invoke{1, 0, {}, {}, 0, "", 0, {}, {}});
        pid = runner.control.expect<frames::Started>().pid;
        REQUIRE(run->wire.next());
    }
};

// The one child of a runner without runs, once it is another than `former`.
pid_t ahead_of(RunnerProcess &runner, pid_t former)
{
    const std::string pid = std::to_string(runner.process.pid());
    for (int i = 0; i < 3000; ++i) {
        std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
        const std::vector<pid_t> children{std::istream_iterator<pid_t>(file), {}};
        if (children.size() == 1 && children[0] != former)
            return children[0];
        ::usleep(10'000);
    }
    FAIL("no process ahead within half a minute");
    return 0;
}

} // namespace

TEST_CASE("a run that crashes keeps the rows before it and ends with its signal")
{
    RunnerProcess runner(fixture("crash"));
    const Finished finished = finish(runner);
    CHECK(WIFSIGNALED(finished.wait_status));
    CHECK(WTERMSIG(finished.wait_status) == SIGSEGV);
    CHECK(finished.told.rows.size() == 1);
    CHECK_FALSE(finished.told.done);
    // Nobody else has noticed.
    CHECK(finish(runner).told.rows.size() == 1);
}

TEST_CASE("a run that aborts has given its reason first")
{
    RunnerProcess runner(fixture("abort"));
    const Finished finished = finish(runner);
    CHECK(WTERMSIG(finished.wait_status) == SIGABRT);
    CHECK(finished.told.failures == std::vector<frames::Fail>{{7, "giving up"}});
    CHECK_FALSE(finished.told.done);
}

TEST_CASE("a run that leaves by exit(0) is not done")
{
    RunnerProcess runner(fixture("leave"));
    const Finished finished = finish(runner);
    CHECK(finished.wait_status == 0);
    CHECK(finished.told.rows.size() == 1);
    CHECK_FALSE(finished.told.done);
}

TEST_CASE("a run that is deaf to its cancel descriptor ends by the agent's signal")
{
    Started hang("hang");
    hang.run->ask_to_stop();
    hang.runner.control.send(frames::Signal{1, SIGTERM});
    CHECK(WTERMSIG(hang.runner.control.expect<frames::Exited>().wait_status) == SIGTERM);
    CHECK_FALSE(listen(*hang.run, hang.method).done);
}

TEST_CASE("a run that is deaf to SIGTERM ends by SIGKILL")
{
    Started stubborn("stubborn");
    stubborn.runner.control.send(frames::Signal{1, SIGTERM});
    stubborn.runner.control.send(frames::Signal{7, SIGKILL}); // no such invocation
    stubborn.runner.control.send(frames::Signal{1, SIGKILL});
    CHECK(WTERMSIG(stubborn.runner.control.expect<frames::Exited>().wait_status) == SIGKILL);
}

TEST_CASE("bytes written past the host are seen by the agent as what they are")
{
    RunnerProcess runner(fixture("garbage"));
    Run run(runner, frames::Invoke{1, 0, {}, {}, 0, "", 0, {}, {}});
    frames::Frame buffer(frames::kFrameBytesMax);
    bool refused = false;
    while (true) {
        pollfd wait{run.wire.fd(), POLLIN, 0};
        REQUIRE(::poll(&wait, 1, kPatienceMs) == 1);
        const auto received = frames::receive(run.wire.fd(), buffer, 0);
        REQUIRE(received);
        if (received->transfer == frames::Transfer::gone)
            break;
        refused = refused || !frames::decode<frames::RunToAgent>(received->frame);
    }
    CHECK(refused);
}

TEST_CASE("a run makes no process; one that a sanitizer's build lets it make ends with it")
{
    RunnerProcess runner(fixture("offspring"));
    const Finished finished = finish(runner);
    REQUIRE(finished.told.rows.size() == 1);
    const auto child = static_cast<pid_t>(std::stol(finished.told.rows[0][0]));
#ifdef SONDE_SANITIZED
    CHECK(ends(child));
#else
    CHECK(child == -1);
#endif
}

TEST_CASE("the process of a run is there before it is asked for, and one that is killed meanwhile is replaced")
{
    RunnerProcess runner(fixture("rows"));
    runner.control.send(frames::Describe{});
    runner.control.expect<frames::Description>();
    const pid_t first = ahead_of(runner, 0);
    const auto pid_of_run = [&](std::uint64_t id) {
        Run run(runner, frames::Invoke{id, 0, {integer(1), integer(0)}, {}, 0, "", 0, {}, {}});
        const pid_t pid = runner.control.expect<frames::Started>().pid;
        while (run.wire.next()) {
        }
        CHECK(runner.control.expect<frames::Exited>().wait_status == 0);
        return pid;
    };
    CHECK(pid_of_run(1) == first);
    const pid_t second = ahead_of(runner, first);
    REQUIRE(::kill(second, SIGKILL) == 0);
    const pid_t third = ahead_of(runner, second);
    CHECK(pid_of_run(2) == third);
}

TEST_CASE("when the agent is gone the runner ends, and its runs with it")
{
    Started hang("stubborn");
    hang.runner.control.close();
    CHECK(hang.runner.process.wait() == 0);
    CHECK(ends(hang.pid));
}

TEST_CASE("when the runner is killed its runs die too")
{
    Started hang("stubborn");
    hang.runner.process.signal(SIGKILL);
    hang.runner.process.wait();
    CHECK(ends(hang.pid));
    CHECK_FALSE(hang.run->wire.next());
}

TEST_CASE("a run whose agent does not listen any more is told to stop")
{
    RunnerProcess runner(fixture("flood"));
    Run run(runner, frames::Invoke{1, 0, {integer(INT64_MAX)}, {}, 0, "", 0, {}, {}});
    REQUIRE(run.wire.next());
    run.wire.close();
    runner.control.expect<frames::Started>();
    CHECK(runner.control.expect<frames::Exited>().wait_status == 0);
}

TEST_CASE("a message that is none ends the runner")
{
    RunnerProcess runner(fixture("rows"));
    const char bytes[] = "no frame";
    REQUIRE(frames::send(runner.control.fd(), std::as_bytes(std::span(bytes))));
    CHECK(runner.process.wait() == 0);
}
