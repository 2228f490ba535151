#include "programs/launcher/strays.hpp"

#include "processes/children.hpp"

#include <csignal>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

constexpr int kRoundsMax = 1000;
constexpr timespec kPause{0, 1'000'000};

// Not by the owner of its files in /proc, which is root's where a process may not be traced. A line at a time: a
// process gives itself a name, which is a line of its own and may have any words in it.
bool is_of(pid_t pid, uid_t user)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Uid:")) {
            uid_t real = 0;
            return std::istringstream(line.substr(4)) >> real && real == user;
        }
    return false;
}

void end_user(uid_t user)
{
    const pid_t helper = ::fork();
    if (helper == 0) {
        if (::setresuid(user, user, user) == 0)
            ::kill(-1, SIGKILL);
        ::_exit(0);
    }
    if (helper > 0)
        ::waitpid(helper, nullptr, 0);
}

} // namespace

void kill_runner(pid_t pid)
{
    ::kill(pid, SIGKILL);
    ::kill(-pid, SIGKILL);
}

void adopt_strays()
{
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

bool end_strays(uid_t user)
{
    for (int round = 0; round < kRoundsMax; ++round) {
        bool found = false;
        // None of them is waited for elsewhere, so a pid stays that of the process that was looked at.
        for (const pid_t child : processes::children()) {
            if (!is_of(child, user))
                continue;
            found = true;
            // Its group has none but its own kind in it, since a runner has a session of its own.
            if (const pid_t group = ::getpgid(child); group > 1 && group != ::getpgrp())
                ::kill(-group, SIGKILL);
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, WNOHANG);
        }
        if (!found)
            return true;
        ::nanosleep(&kPause, nullptr);
    }
    end_user(user);
    return false;
}

} // namespace sonde::launcher
