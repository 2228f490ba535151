#include "programs/launcher/strays.hpp"

#include "processes/children.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace sonde::launcher {

namespace {

constexpr std::chrono::seconds kTimeMax{1};
constexpr std::chrono::milliseconds kPause{1};

// Not by the owner of its files in /proc, which is root's where a process may not be traced. A line at a time: a
// process gives itself a name, which is a line of its own and may have any words in it.
std::optional<uid_t> user_of(pid_t pid)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Uid:")) {
            uid_t real = 0;
            return std::istringstream(line.substr(4)) >> real ? std::optional(real) : std::nullopt;
        }
    return std::nullopt;
}

enum class Found { none, some, unknown };

Found kill_children(uid_t user)
{
    const auto children = processes::children();
    if (!children)
        return Found::unknown;
    Found found = Found::none;
    // None of them is waited for elsewhere, so a pid stays that of the process that was looked at.
    for (const pid_t child : *children) {
        const std::optional<uid_t> whose = user_of(child);
        if (!whose)
            return Found::unknown;
        if (*whose != user)
            continue;
        found = Found::some;
        // Its group has none but its own kind in it, since a runner has a session of its own.
        if (const pid_t group = ::getpgid(child); group > 1 && group != ::getpgrp())
            ::kill(-group, SIGKILL);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, WNOHANG);
    }
    return found;
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

bool end_strays(uid_t user)
{
    const auto deadline = std::chrono::steady_clock::now() + kTimeMax;
    Found found = kill_children(user);
    while (found == Found::some && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kPause);
        found = kill_children(user);
    }
    if (found == Found::none)
        return true;
    end_user(user);
    return false;
}

} // namespace sonde::launcher
