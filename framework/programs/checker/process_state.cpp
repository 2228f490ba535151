#include "programs/checker/process_state.hpp"

#include "hosting/child.hpp"
#include "processes/children.hpp"

#include <algorithm>
#include <clocale>
#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace sonde::checker {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> read_descriptors()
{
    std::vector<std::string> all;
    std::error_code error;
    for (fs::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end; entry.increment(error)) {
        const fs::path what = fs::read_symlink(entry->path(), error);
        // The one that this loop reads from is gone afterwards.
        if (!error && !what.native().ends_with("/fd"))
            all.push_back(entry->path().filename().native() + " " + what.native());
        error.clear();
    }
    return all;
}

std::vector<std::string> read_signals()
{
    std::vector<std::string> all;
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0)
            continue;
        const bool standard = action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN;
        all.push_back("signal " + std::to_string(signal) +
                      (!standard                      ? " handled"
                       : action.sa_handler == SIG_IGN ? " ignored"
                                                      : " default"));
    }
    sigset_t mask;
    ::sigprocmask(SIG_BLOCK, nullptr, &mask);
    for (int signal = 1; signal < NSIG; ++signal)
        if (::sigismember(&mask, signal) == 1)
            all.push_back("signal " + std::to_string(signal) + " blocked");
    for (const auto timer : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
        itimerval value{};
        ::getitimer(timer, &value);
        if (value.it_value.tv_sec != 0 || value.it_value.tv_usec != 0)
            all.emplace_back("a timer set");
    }
    return all;
}

std::vector<std::string> read_environment()
{
    std::vector<std::string> all;
    for (char **variable = environ; variable != nullptr && *variable != nullptr; ++variable)
        all.emplace_back(*variable);
    return all;
}

} // namespace

ProcessState read_process_state()
{
    ProcessState state;
    state.descriptors = read_descriptors();
    state.threads = hosting::count_threads();
    rusage waited_for{};
    ::getrusage(RUSAGE_CHILDREN, &waited_for);
    state.has_children = waited_for.ru_minflt > 0 || !processes::children().value_or(std::vector<pid_t>()).empty();
    state.signals = read_signals();
    const char *locale = std::setlocale(LC_ALL, nullptr);
    state.locale = locale == nullptr ? "" : locale;
    state.umask = ::umask(0);
    ::umask(state.umask);
    std::error_code error;
    state.directory = fs::current_path(error).native();
    state.environment = read_environment();
    return state;
}

std::vector<std::string> added(const std::vector<std::string> &before, const std::vector<std::string> &after)
{
    std::vector<std::string> found;
    for (const std::string &item : after)
        if (std::find(before.begin(), before.end(), item) == before.end())
            found.push_back(item);
    return found;
}

std::size_t count_descriptors()
{
    return read_descriptors().size();
}

} // namespace sonde::checker
