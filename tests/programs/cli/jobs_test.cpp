#include "programs/cli/check/jobs.hpp"

#include "support/catch.hpp"
#include "support/children.hpp"
#include "support/skip.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sonde;

namespace {

// A dead child that a tracer keeps, which is not waited for, as one would be that the kernel does not let go of.
// `story` is told in a process of its own: it has the id of such a child written to `told`, a line, and that child
// traced as soon as a line comes from `traced`. It should be true, within 10 s.
void check_with_traced(const std::function<bool(int told, int traced)> &story)
{
    int told[2] = {-1, -1}, traced[2] = {-1, -1};
    REQUIRE(::pipe(told) == 0);
    REQUIRE(::pipe(traced) == 0);
    const pid_t waiting = ::fork();
    if (waiting == 0) {
        ::alarm(30); // ends what waits for ever
        const auto begin = std::chrono::steady_clock::now();
        const bool good = story(told[1], traced[0]);
        ::_exit(good && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10) ? 0 : 1);
    }
    char line[32] = {};
    REQUIRE(::read(told[0], line, sizeof line - 1) > 0);
    const pid_t child = std::atoi(line);
    const bool traces = ::ptrace(PTRACE_SEIZE, child, nullptr, nullptr) == 0;
    const int reason = errno;
    REQUIRE(::write(traced[1], "\n", 1) == 1);
    int status = -1;
    ::waitpid(waiting, &status, 0);
    if (traces)
        ::waitpid(child, nullptr, 0);
    for (const int *ends : {told, traced})
        for (int i = 0; i < 2; ++i)
            ::close(ends[i]);
    if (!traces && reason == EPERM)
        return test::say_skipped("no process may be traced here");
    CHECK(traces);
    CHECK(status == 0);
}

} // namespace

TEST_CASE("no output makes a job's time longer, and what it started ends with it")
{
    using namespace std::chrono_literals;
    cli::Jobs jobs(500ms);
    REQUIRE(jobs.start(0, {"/bin/sh", "-c", "sleep 60 & while :; do echo x; echo y >&3; done"}));
    const auto ended = jobs.wait();
    REQUIRE(ended.count(0) == 1);
    CHECK_FALSE(ended.at(0).in_time);
    CHECK(ended.at(0).took < 30s);
    CHECK(test::children_of(::getpid()).empty());
}

TEST_CASE("what jobs have left and what does not end is waited for a second at most")
{
    check_with_traced([](int told, int traced) {
        const pid_t left = ::fork();
        if (left == 0)
            for (;;)
                ::pause();
        char go = 0;
        if (::dprintf(told, "%d\n", left) < 0 || ::read(traced, &go, 1) != 1)
            return false;
        cli::Jobs jobs(std::chrono::seconds(20));
        return jobs.start(0, {"/bin/true"}) && jobs.wait().count(0) == 1;
    });
}

TEST_CASE("a job that does not end though it was killed is waited for a second at most")
{
    check_with_traced([](int told, int traced) {
        const auto end_of = [](int fd) { return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd); };
        const std::string words = "echo $$ >" + end_of(told) + "; read go <" + end_of(traced) + "; echo over >&3";
        cli::Jobs jobs(std::chrono::seconds(20));
        if (!jobs.start(0, {"/bin/sh", "-c", words}))
            return false;
        const auto ended = jobs.wait();
        return ended.count(0) == 1 && ended.at(0).answer == "over\n";
    });
}
