#include "programs/launcher/attended.hpp"

#include "frames/start.hpp"
#include "frames/text.hpp"

#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace sonde::launcher {

using confine::Child;
using confine::NotSpawned;
using confine::Spawned;

namespace {

void become_tool(const Child &child, std::vector<std::string> words, int control, bool terminal)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    child.require_launcher();
    if (!terminal) {
        ::setsid();
        if (const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC); null >= 0)
            ::dup2(null, STDIN_FILENO);
    }
    // stdout is for rows, which the command prints.
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::dup2(control, frames::kControlDescriptor);
    ::close_range(frames::kControlDescriptor + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    confine::reset_signals();
    std::vector<char *> arguments;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    child.require(false, "exec");
}

} // namespace

std::variant<Spawned, frames::LauncherError> start_attended(const frames::StartRunner &request,
                                                            const std::string &runner,
                                                            const std::vector<std::string> &tool, bool terminal)
{
    std::vector<std::string> words = tool;
    words.insert(words.end(), {runner, "--here", request.plugin});
    auto outcome = confine::spawn(0, false, {}, [&](const Child &child, const std::vector<int> &descriptors) {
        become_tool(child, words, descriptors[0], terminal);
    });
    if (const auto *failed = std::get_if<NotSpawned>(&outcome))
        return frames::LauncherError{
            request.runner, failed->error,
            frames::readable(words[0] + ": " + std::strerror(failed->error), frames::kTextBytesMax)};
    return std::move(std::get<Spawned>(outcome));
}

} // namespace sonde::launcher
