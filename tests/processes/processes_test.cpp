#include "processes/children.hpp"
#include "processes/drain.hpp"
#include "processes/spawn.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::processes {

namespace {

// All that a shell's words write to descriptor 5, and how it ended.
std::string written_by(const std::string &script, int &status, std::vector<std::string> variables = {})
{
    Drain drain;
    const Handed handed[] = {{drain.writing(), 5}};
    const pid_t pid = spawn({"sh", "-c", script}, handed, std::move(variables));
    REQUIRE(pid > 0);
    drain.close_writing();
    while (drain.reading() >= 0) {
        pollfd wait{drain.reading(), POLLIN, 0};
        ::poll(&wait, 1, -1);
        drain.read();
    }
    ::waitpid(pid, &status, 0);
    return drain.text();
}

} // namespace

TEST_CASE("a program gets its words, its variables in place of ours, and the descriptors that it is handed")
{
    int status = -1;
    ::setenv("SONDE_TEST_WORD", "ours", 1);
    CHECK(written_by("echo $SONDE_TEST_WORD >&5; exit 3", status) == "ours\n");
    CHECK(WEXITSTATUS(status) == 3);
    CHECK(written_by("echo $SONDE_TEST_WORD >&5", status, {"SONDE_TEST_WORD=its own"}) == "its own\n");
    CHECK(written_by("cat; readlink /proc/self/fd/0 >&5", status) == "/dev/null\n");
}

TEST_CASE("a program leads a process group of its own, and no signal is blocked in it")
{
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGINT);
    ::sigprocmask(SIG_BLOCK, &blocked, &before);
    int status = -1;
    const std::string text =
        written_by("grep SigBlk /proc/self/status >&5; read -r pid name state parent group rest </proc/self/stat; "
                   "test $group = $$ && echo leads >&5",
                   status);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    CHECK(text == "SigBlk:\t0000000000000000\nleads\n");
}

TEST_CASE("what cannot be started is said so")
{
    CHECK(spawn({"/nonexistent/program"}, {}) == -1);
}

TEST_CASE("a writer is never kept waiting, and what is too much is forgotten")
{
    int status = -1;
    CHECK(written_by("head -c 1000000 /dev/zero >&5", status).size() == 256 * 1024);
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("children are those that nobody has waited for yet")
{
    const auto has = [](pid_t pid) {
        const std::vector<pid_t> all = children().value();
        return std::find(all.begin(), all.end(), pid) != all.end();
    };
    const pid_t pid = spawn({"sleep", "60"}, {});
    CHECK(has(pid));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    CHECK_FALSE(has(pid));
}

} // namespace sonde::processes
