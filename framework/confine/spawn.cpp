#include "confine/spawn.hpp"

#include "frames/start.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::confine {

namespace {

using frames::Descriptor;

struct Word {
    int error;
    bool fatal;
    char step[32];
};

// A duplicate above every number that a child assigns.
Descriptor above(int fd)
{
    return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, frames::kPluginDescriptor + 1));
}

// glibc's fork, or its like into new namespaces, for which it has no function. What glibc keeps about the child is then
// wrong about its thread's id, which nothing asks for before exec.
pid_t fork_into(std::uint64_t namespaces)
{
    if (namespaces == 0)
        return ::fork();
    clone_args arguments{};
    arguments.flags = namespaces;
    arguments.exit_signal = SIGCHLD;
    return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

} // namespace

void Child::say(bool fatal, const char *step) const
{
    Word word{errno, fatal, {}};
    std::strncpy(word.step, step, sizeof word.step - 1);
    (void)!::write(status_, &word, sizeof word);
    if (fatal)
        ::_exit(1);
}

void Child::require(bool ok, const char *step) const
{
    if (!ok)
        say(true, step);
}

void Child::layer(bool ok, const char *name) const
{
    if (!ok)
        say(strict_, name);
}

void Child::require_launcher() const
{
    // Not by getppid(), which is 0 for the first process of a pid namespace.
    pollfd reader{status_, 0, 0};
    if (::poll(&reader, 1, 0) != 0)
        ::_exit(1);
}

std::variant<Spawned, NotSpawned> spawn(std::uint64_t namespaces, bool strict, const std::vector<int> &kept,
                                        const std::function<void(const Child &, const std::vector<int> &)> &become)
{
    auto sockets = frames::socket_pair();
    int pipe[2];
    if (!sockets || ::pipe2(pipe, O_CLOEXEC) != 0)
        return NotSpawned{"descriptors", errno};
    Descriptor reading(pipe[0]);
    Descriptor writing = above(Descriptor(pipe[1]).get());
    std::vector<Descriptor> owned;
    owned.push_back(above(sockets->second.get()));
    for (const int fd : kept)
        owned.push_back(above(fd));
    sockets->second.reset();
    std::vector<int> descriptors;
    for (const Descriptor &each : owned)
        descriptors.push_back(each.get());
    if (!writing || !owned.front())
        return NotSpawned{"descriptors", errno};
    const pid_t pid = fork_into(namespaces);
    if (pid < 0)
        return NotSpawned{namespaces != 0 ? kNamespaces : "fork", errno};
    if (pid == 0) {
        // So that only the launcher reads, and its end is seen.
        reading.reset();
        const Child child(writing.get(), strict);
        become(child, descriptors);
        ::_exit(1);
    }
    writing.reset();
    Spawned spawned{pid, std::move(sockets->first), {}};
    for (Word word{}; ::read(reading.get(), &word, sizeof word) == sizeof word;) {
        if (!word.fatal) {
            spawned.missing.push_back({word.step, word.error});
            continue;
        }
        ::waitpid(pid, nullptr, 0);
        return NotSpawned{word.step, word.error};
    }
    return spawned;
}

void reset_signals()
{
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace sonde::confine
