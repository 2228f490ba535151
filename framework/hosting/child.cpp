#include "hosting/child.hpp"

#include "hosting/forbid.hpp"

#include <climits>
#include <clocale>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace sonde::hosting {

namespace {

// Where no target descriptor can collide with a source.
constexpr int kAboveTargets = 16;

// stdin is /dev/null; what an author prints is seen by who runs the plugin by hand, and never mixed with a program's
// own output.
void place_standard_descriptors()
{
    // /dev/null may be out of reach in a confined runner; then stdin is what the runner has, which is /dev/null.
    if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
        ::dup2(null, STDIN_FILENO);
        ::close(null);
    }
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
}

void reset_signals()
{
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, signal == SIGPIPE ? SIG_IGN : SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

void become_child(pid_t parent, std::span<const int> kept, Processes processes)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    ::setpgid(0, 0);
    place_descriptors(kept);
    place_standard_descriptors();
    reset_signals();
    ::umask(022);
    std::setlocale(LC_ALL, "C");
    if (processes == Processes::forbidden)
        forbid_processes();
}

std::size_t count_threads()
{
    // A folder has two links, and this one a further one for each thread.
    struct stat tasks {};
    return ::stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 2 ? tasks.st_nlink - 2 : 0;
}

void place_descriptors(std::span<const int> kept)
{
    std::vector<int> high;
    for (const int fd : kept)
        high.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, kAboveTargets));
    int target = STDERR_FILENO + 1;
    for (const int fd : high)
        ::dup3(fd, target++, O_CLOEXEC);
    ::close_range(static_cast<unsigned>(target), UINT_MAX, 0);
}

} // namespace sonde::hosting
