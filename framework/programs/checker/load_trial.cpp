#include "programs/checker/load_trial.hpp"

#include "hosting/child.hpp"
#include "hosting/library.hpp"
#include "processes/drain.hpp"
#include "programs/checker/process_state.hpp"
#include "programs/checker/words.hpp"

#include <csignal>
#include <cstdio>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::checker {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kTimeMax = 5s; // the runner's
constexpr int kReport = 3;
constexpr int kOutput = 4;

// A line of the report: a word, a tab, text without control characters.
void say(const std::string &word, std::string text)
{
    for (char &c : text)
        if (static_cast<unsigned char>(c) < 0x20)
            c = '?';
    const std::string line = word + "\t" + text + "\n";
    (void)!::write(kReport, line.data(), line.size());
}

void say_changes(const ProcessState &before, const ProcessState &after)
{
    if (const auto opened = added(before.descriptors, after.descriptors); !opened.empty())
        say("descriptors", list(opened));
    if (after.threads > before.threads)
        say("threads", std::to_string(after.threads - before.threads));
    if (after.has_children)
        say("processes", "one");
    if (const auto changed = added(before.signals, after.signals); !changed.empty())
        say("signals", list(changed));
    if (after.locale != before.locale)
        say("locale", after.locale);
    if (after.umask != before.umask) {
        std::ostringstream octal;
        octal << std::oct << after.umask;
        say("umask", octal.str());
    }
    if (after.directory != before.directory)
        say("directory", after.directory);
    auto changed = added(before.environment, after.environment);
    const auto removed = added(after.environment, before.environment);
    changed.insert(changed.end(), removed.begin(), removed.end());
    if (!changed.empty())
        say("environment", list(changed));
}

[[noreturn]] void load_in_child(pid_t parent, const std::string &path, std::optional<hosting::Deed> deadly, int report,
                                int output)
{
    const int kept[] = {report, output};
    hosting::become_child(parent, kept, hosting::Processes::allowed);
    ::dup2(kOutput, STDOUT_FILENO);
    ::dup2(kOutput, STDERR_FILENO);
    ::close(kOutput);
    const ProcessState before = read_process_state();
    if (deadly)
        hosting::die_by(*deadly);
    const auto begun = Clock::now();
    const Result<hosting::Library> library = hosting::Library::load(path);
    const auto took = Clock::now() - begun;
    // What it has printed would be lost with this process's buffers.
    std::fflush(nullptr);
    const ProcessState after = read_process_state();
    say_changes(before, after);
    if (library)
        say("loaded", std::to_string(std::chrono::nanoseconds(took).count()));
    else
        say("error", to_string(library.error()));
    ::_exit(0);
}

void read_report(const std::string &text, LoadTrial &trial)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t tab = std::min(line.find('\t'), line.size() - 1);
        const std::string word = line.substr(0, tab);
        const std::string value = line.substr(tab + 1);
        if (word == "loaded") {
            trial.end = LoadTrial::End::loaded;
            trial.took = std::chrono::nanoseconds(std::stoll(value));
        } else if (word == "error") {
            trial.end = LoadTrial::End::refused;
            trial.error = value;
        } else {
            trial.changes[word] = value;
        }
    }
}

} // namespace

LoadTrial try_load(const std::string &path, std::optional<hosting::Deed> deadly)
{
    LoadTrial trial;
    processes::Drain report;
    processes::Drain output;
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0)
        load_in_child(parent, path, deadly, report.writing(), output.writing());
    report.close_writing();
    output.close_writing();
    if (child < 0)
        return trial;
    const frames::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    const auto deadline = Clock::now() + kTimeMax;
    bool ended = false;
    while (!ended && Clock::now() < deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd waits[] = {{report.reading(), POLLIN, 0}, {output.reading(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        ::poll(waits, 3, static_cast<int>(std::max<std::int64_t>(left, 0)));
        report.read();
        output.read();
        ended = waits[2].revents != 0;
    }
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    report.read();
    output.read();
    trial.output = output.text();
    read_report(report.text(), trial);
    if (!ended) {
        trial.end = LoadTrial::End::late;
    } else if (WIFSIGNALED(status)) {
        trial.end = LoadTrial::End::crashed;
        trial.signal = WTERMSIG(status);
    }
    return trial;
}

} // namespace sonde::checker
