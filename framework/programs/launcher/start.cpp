#include "programs/launcher/start.hpp"

#include "frames/start.hpp"
#include "frames/text.hpp"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

using frames::Descriptor;
using frames::LauncherError;

constexpr rlim_t kDescriptorsMax = 4096;

// What the child could not do, sent to the launcher over a pipe that exec closes.
struct Refusal {
    int error;
    char step[32];
};

class Child {
public:
    explicit Child(int status) : status_(status) {}

    // Ends the child with errno unless `ok`.
    void require(bool ok, const char *step) const
    {
        if (ok)
            return;
        Refusal refusal{errno, {}};
        std::strncpy(refusal.step, step, sizeof refusal.step - 1);
        (void)!::write(status_, &refusal, sizeof refusal);
        ::_exit(1);
    }

    // Leaves stdin (/dev/null), stdout and stderr, the control socket and the plugin; the rest closes at exec.
    void keep_descriptors(int control, int plugin) const
    {
        const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        require(null >= 0 && ::dup2(null, STDIN_FILENO) == STDIN_FILENO, "/dev/null");
        require(::dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO, "stdout");
        // Every descriptor of this process lies above those two: see start_runner.
        require(::dup2(control, frames::kControlDescriptor) >= 0, "control socket");
        require(::dup2(plugin, frames::kPluginDescriptor) >= 0, "plugin");
        require(::close_range(frames::kPluginDescriptor + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0, "close_range");
    }

    void set_limits() const
    {
        const rlimit none{0, 0};
        rlimit files{};
        require(::setrlimit(RLIMIT_CORE, &none) == 0 && ::getrlimit(RLIMIT_NOFILE, &files) == 0, "setrlimit");
        const rlim_t most = std::min(files.rlim_max, kDescriptorsMax);
        files = {most, most};
        require(::setrlimit(RLIMIT_NOFILE, &files) == 0, "setrlimit");
    }

    void drop_privileges(uid_t uid) const
    {
        // A launcher without root may have been given capabilities that would outlive exec, and no_new_privs.
        require(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0, "PR_CAP_AMBIENT");
        if (uid != 0) {
            for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
                require(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0, "PR_CAPBSET_DROP");
            require(::setgroups(0, nullptr) == 0, "setgroups");
            require(::setresgid(uid, uid, uid) == 0, "setresgid");
            require(::setresuid(uid, uid, uid) == 0, "setresuid");
        }
        require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    }

    void reset_signals() const
    {
        for (int signal = 1; signal < NSIG; ++signal)
            ::signal(signal, SIG_DFL);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }

private:
    int status_;
};

[[noreturn]] void become_runner(const frames::StartRunner &request, bool by_path, int runner, uid_t uid, pid_t launcher,
                                int control, int plugin, int status)
{
    const Child child(status);
    ::setsid();
    child.keep_descriptors(control, plugin);
    child.set_limits();
    child.require(::chdir("/") == 0, "chdir");
    ::umask(022);
    child.drop_privileges(uid);
    // Changing the user clears this one, so it comes after that.
    child.require(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "PR_SET_PDEATHSIG");
    errno = ESRCH;
    child.require(::getppid() == launcher, "launcher");
    child.reset_signals();
    by_path = by_path && ::access(request.plugin.c_str(), R_OK) == 0;
    std::string path = by_path ? request.plugin : frames::kPluginDescriptorPath;
    if (by_path)
        ::close(frames::kPluginDescriptor);
    std::string name = "sonde-runner";
    char *const arguments[] = {name.data(), path.data(), nullptr};
    std::string search = "PATH=/usr/bin:/bin";
    std::string locale = "LC_ALL=C";
    char *const environment[] = {search.data(), locale.data(), nullptr};
    ::execveat(runner, "", arguments, environment, AT_EMPTY_PATH);
    child.require(false, "exec");
    ::_exit(1);
}

// A duplicate above every number that the child assigns.
Descriptor above(int fd)
{
    return Descriptor(::fcntl(fd, F_DUPFD_CLOEXEC, frames::kPluginDescriptor + 1));
}

} // namespace

std::variant<StartedRunner, LauncherError> start_runner(const frames::StartRunner &request, int opened, bool by_path,
                                                        int runner, uid_t uid)
{
    const auto failed = [&](const std::string &step, int error) {
        return LauncherError{request.runner, error,
                             frames::readable(step + ": " + std::strerror(error), frames::kTextBytesMax)};
    };
    auto sockets = frames::socket_pair();
    int pipe[2];
    if (!sockets || ::pipe2(pipe, O_CLOEXEC) != 0)
        return failed("descriptors", errno);
    const Descriptor reading(pipe[0]);
    Descriptor writing = above(Descriptor(pipe[1]).get());
    const Descriptor control = above(sockets->second.get());
    const Descriptor executable = above(runner);
    const Descriptor plugin = above(opened);
    sockets->second.reset();
    const pid_t launcher = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0)
        return failed("fork", errno);
    if (pid == 0)
        become_runner(request, by_path, executable.get(), uid, launcher, control.get(), plugin.get(), writing.get());
    writing.reset();
    Refusal refusal{};
    if (::read(reading.get(), &refusal, sizeof refusal) == sizeof refusal) {
        ::waitpid(pid, nullptr, 0);
        return failed(refusal.step, refusal.error);
    }
    return StartedRunner{pid, std::move(sockets->first)};
}

void kill_runner(pid_t pid, uid_t uid)
{
    ::kill(pid, SIGKILL);
    ::kill(-pid, SIGKILL);
    if (uid == 0)
        return;
    // kill(-1) as that user reaches all that is its, also what has left the session, and nothing else.
    const pid_t helper = ::fork();
    if (helper == 0) {
        if (::setresuid(uid, uid, uid) == 0)
            ::kill(-1, SIGKILL);
        ::_exit(0);
    }
    if (helper > 0)
        ::waitpid(helper, nullptr, 0);
}

} // namespace sonde::launcher
