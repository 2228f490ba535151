#include "hosting/child.hpp"

#include "hosting/forbid.hpp"

#include <array>
#include <climits>
#include <clocale>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace sonde::hosting {

namespace {

// Where no target descriptor can collide with a source.
constexpr int kAboveTargets = 16;
constexpr std::size_t kKeptMax = 8;

bool is_null(int fd)
{
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

// stdin is /dev/null, which a runner's is already; what an author prints is seen by who runs the plugin by hand, and
// never mixed with a program's own output.
void place_standard_descriptors()
{
    const int null = is_null(STDIN_FILENO) ? -1 : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        ::dup2(null, STDIN_FILENO);
        ::close(null);
    }
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
}

// Whether each may be moved to its target without overwriting one that is still to be moved.
bool in_place(std::span<const int> kept)
{
    int least = STDERR_FILENO + 1;
    for (const int fd : kept) {
        if (fd < least)
            return false;
        least = fd + 1;
    }
    return true;
}

} // namespace

void make_surroundings()
{
    place_standard_descriptors();
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, signal == SIGPIPE ? SIG_IGN : SIG_DFL);
    ::umask(022);
    std::setlocale(LC_ALL, "C");
}

void become_child(pid_t parent, std::span<const int> kept, Processes processes, Surroundings surroundings)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    ::setpgid(0, 0);
    place_descriptors(kept);
    if (surroundings == Surroundings::made_here)
        make_surroundings();
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (processes == Processes::forbidden)
        forbid_processes();
}

std::size_t count_threads()
{
    // A folder has two links, and this one a further one for each thread.
    struct stat tasks {};
    return ::stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 2 ? tasks.st_nlink - 2 : 0;
}

bool is_alone()
{
    // Where a kernel or a filter does not let this be asked, /proc is.
    return ::unshare(CLONE_THREAD) == 0 || count_threads() <= 1;
}

void place_descriptors(std::span<const int> kept)
{
    const bool moved = !in_place(kept);
    // On the stack: whatever a forked process writes to is copied first, and the heap lies in many pages.
    std::array<int, kKeptMax> from{};
    for (std::size_t i = 0; i < kept.size(); ++i)
        from.at(i) = moved ? ::fcntl(kept[i], F_DUPFD_CLOEXEC, kAboveTargets) : kept[i];
    int target = STDERR_FILENO + 1;
    for (const int fd : std::span(from).first(kept.size())) {
        if (fd != target)
            ::dup3(fd, target, O_CLOEXEC);
        ++target;
    }
    ::close_range(static_cast<unsigned>(target), UINT_MAX, 0);
}

} // namespace sonde::hosting
