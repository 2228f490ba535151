#include "programs/cli/check/jobs.hpp"

#include "support/catch.hpp"
#include "support/skip.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sonde;

// A dead child that a tracer keeps, which is not waited for, as one would be that the kernel does not let go of.
TEST_CASE("what jobs have left and what does not end is waited for a second at most")
{
    int told[2] = {-1, -1}, traced[2] = {-1, -1};
    REQUIRE(::pipe(told) == 0);
    REQUIRE(::pipe(traced) == 0);
    const pid_t waiting = ::fork();
    if (waiting == 0) {
        const pid_t left = ::fork();
        if (left == 0)
            for (;;)
                ::pause();
        char go = 0;
        if (::write(told[1], &left, sizeof left) != sizeof left || ::read(traced[0], &go, 1) != 1)
            ::_exit(2);
        ::alarm(30); // ends what waits for ever
        const auto begin = std::chrono::steady_clock::now();
        bool good = false;
        {
            cli::Jobs jobs(std::chrono::seconds(20));
            good = jobs.start(0, {"/bin/true"}) && jobs.wait().count(0) == 1;
        }
        const auto took = std::chrono::steady_clock::now() - begin;
        ::_exit(good && took < std::chrono::seconds(10) ? 0 : 1);
    }
    pid_t left = -1;
    REQUIRE(::read(told[0], &left, sizeof left) == sizeof left);
    const bool traces = ::ptrace(PTRACE_SEIZE, left, nullptr, nullptr) == 0;
    const int reason = errno;
    REQUIRE(::write(traced[1], "!", 1) == 1);
    int status = -1;
    ::waitpid(waiting, &status, 0);
    if (traces)
        ::waitpid(left, nullptr, 0);
    for (const int *ends : {told, traced})
        for (int i = 0; i < 2; ++i)
            ::close(ends[i]);
    if (!traces && reason == EPERM)
        return test::say_skipped("no process may be traced here");
    CHECK(traces);
    CHECK(status == 0);
}
