#include "programs/launcher/start.hpp"

#include "frames/start.hpp"
#include "frames/text.hpp"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace sonde::launcher {

namespace {

using frames::Descriptor;

// The child's errno, if it could not become the tool, goes over a pipe that exec closes.
[[noreturn]] void become_tool(std::vector<std::string> words, int control, bool terminal, int status)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!terminal) {
        ::setsid();
        if (const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC); null >= 0)
            ::dup2(null, STDIN_FILENO);
    }
    // stdout is for rows, which the command prints.
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::dup2(control, frames::kControlDescriptor);
    ::close_range(frames::kControlDescriptor + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::vector<char *> arguments;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    const int error = errno;
    (void)!::write(status, &error, sizeof error);
    ::_exit(1);
}

} // namespace

std::variant<StartedRunner, frames::LauncherError> start_attended(const frames::StartRunner &request,
                                                                  const std::string &runner,
                                                                  const std::vector<std::string> &tool, bool terminal)
{
    std::vector<std::string> words = tool;
    words.insert(words.end(), {runner, "--here", request.plugin});
    const auto failed = [&](int error) {
        return frames::LauncherError{request.runner, error,
                                     frames::readable(words[0] + ": " + std::strerror(error), frames::kTextBytesMax)};
    };
    auto sockets = frames::socket_pair();
    int pipe[2];
    if (!sockets || ::pipe2(pipe, O_CLOEXEC) != 0)
        return failed(errno);
    const Descriptor reading(pipe[0]);
    Descriptor writing(::fcntl(pipe[1], F_DUPFD_CLOEXEC, frames::kControlDescriptor + 1));
    ::close(pipe[1]);
    const Descriptor control(::fcntl(sockets->second.get(), F_DUPFD_CLOEXEC, frames::kControlDescriptor + 1));
    sockets->second.reset();
    const pid_t pid = ::fork();
    if (pid < 0)
        return failed(errno);
    if (pid == 0)
        become_tool(words, control.get(), terminal, writing.get());
    writing.reset();
    int error = 0;
    if (::read(reading.get(), &error, sizeof error) == sizeof error)
        return failed(error);
    return StartedRunner{pid, std::move(sockets->first)};
}

} // namespace sonde::launcher
