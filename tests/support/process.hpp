#pragma once

#include "support/catch.hpp"

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sonde::test {

// A program that a test has started. Killed when the test leaves it behind.
class Process {
public:
    // `given` becomes the program's descriptor `as`; -1: none.
    Process(const std::vector<std::string> &command, int given = -1, int as = 3)
    {
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ > 0)
            return;
        // dup2 of a descriptor to itself would leave it close-on-exec.
        if (given >= 0 && ::dup2(::fcntl(given, F_DUPFD, 64), as) < 0)
            ::_exit(126);
        std::vector<char *> arguments;
        for (const std::string &argument : command)
            arguments.push_back(const_cast<char *>(argument.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    Process(Process &&other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    ~Process()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    pid_t pid() const { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }

    // Its wait status, once it has ended.
    int wait()
    {
        const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
        pollfd ended{handle, POLLIN, 0};
        const int ready = ::poll(&ended, 1, 10'000);
        ::close(handle);
        REQUIRE(ready == 1);
        int status = 0;
        REQUIRE(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
        return status;
    }

private:
    pid_t pid_ = -1;
};

// Waits until no process `pid` runs any more (a zombie does not run); false after ten seconds.
inline bool ends(pid_t pid)
{
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (handle < 0)
        return true;
    pollfd ended{handle, POLLIN, 0};
    const int ready = ::poll(&ended, 1, 10'000);
    ::close(handle);
    return ready == 1;
}

} // namespace sonde::test
