#include "programs/launcher/front_process.hpp"

#include "programs/launcher/front.hpp"
#include "programs/launcher/front_filter.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <set>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace sonde::launcher {

namespace {

constexpr int kKept[] = {CAP_DAC_READ_SEARCH, CAP_BPF};

// And stderr; no other descriptor, such as the lock of its user, and no controlling terminal, whose owner's shell it
// could type to.
void keep_only(const std::set<int> &kept)
{
    int next = STDERR_FILENO + 1;
    for (const int fd : kept) {
        if (fd > next)
            ::close_range(static_cast<unsigned>(next), static_cast<unsigned>(fd) - 1, 0);
        next = std::max(next, fd + 1);
    }
    ::close_range(static_cast<unsigned>(next), UINT_MAX, 0);
    ::setsid();
    const frames::Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO})
        if (!kept.contains(fd))
            ::dup2(null.get(), fd);
}

// As many descriptors on their way as may be: the kernel counts those of a user without privilege. No process.
void set_limits()
{
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    constexpr rlimit none{0, 0};
    ::setrlimit(RLIMIT_NPROC, &none);
}

bool change_user(uid_t uid)
{
    return uid == 0 || (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && ::setgroups(0, nullptr) == 0 &&
                        ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0);
}

bool keep_capabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct had[_LINUX_CAPABILITY_U32S_3] = {};
    __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = {};
    if (::syscall(SYS_capget, &header, had) != 0)
        return false;
    for (const int capability : kKept) {
        auto &word = kept[CAP_TO_INDEX(capability)];
        word.permitted |= had[CAP_TO_INDEX(capability)].permitted & CAP_TO_MASK(capability);
        word.effective = word.permitted;
    }
    return ::syscall(SYS_capset, &header, kept) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

} // namespace

Result<FrontProcess> fork_front(const Settings &settings, Ends ends, Log &log)
{
    const uid_t own = ::geteuid();
    uid_t next = 0;
    auto user = RunnerUser::take(settings, next);
    if (!user)
        return user.error();
    auto sockets = frames::socket_pair();
    const pid_t pid = sockets ? ::fork() : -1;
    if (pid < 0)
        return Error{"fork", std::strerror(errno), ""};
    if (pid == 0) {
        keep_only({sockets->second.get(), ends.agent.get(), ends.listener.get()});
        // Changing the user clears the signal, so it comes after that. If the monitor is gone already, its socket says
        // so.
        if (!change_user(user->uid()) || !keep_capabilities() || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
            log.error("privilege not given up reason={}", quoted(std::strerror(errno)));
            ::_exit(1);
        }
        ::prctl(PR_SET_NAME, "sonde-front");
        set_limits();
        // It goes on without: what counts is that it has no privilege.
        if (const Result<void> forbidden = forbid_what_a_front_never_does(); !forbidden)
            log.warn("front not filtered error={}", quoted(to_string(forbidden.error())));
        Front front(settings, own, std::move(sockets->second), std::move(ends.agent), std::move(ends.listener), log);
        front.serve();
        // With its end of the link, which the monitor takes for its end; what both hold is the monitor's to give back.
        ::_exit(0);
    }
    return FrontProcess{pid, std::move(sockets->first), std::move(*user)};
}

} // namespace sonde::launcher
