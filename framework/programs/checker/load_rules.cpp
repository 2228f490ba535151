#include "programs/checker/load_trial.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/words.hpp"

#include "frames/text.hpp"

#include <algorithm>
#include <csignal>

// What happens when a plugin is loaded, which is: nothing.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;

// Far more than any linking takes, far less than the five seconds after which the runner gives up.
constexpr auto kLoadMax = 500ms;

Verdict loads(const Subject &subject)
{
    const LoadTrial trial = try_load(subject.plugin);
    switch (trial.end) {
    case LoadTrial::End::loaded:
        return pass("loads with every symbol bound, alone");
    case LoadTrial::End::refused:
        return fail(trial.error);
    case LoadTrial::End::crashed:
        return crash("loading it ended in " + frames::signal_name(trial.signal));
    case LoadTrial::End::late:
        return fail("loading it takes more than five seconds");
    case LoadTrial::End::ended:
        break;
    }
    return crash("loading it ended the process");
}

Verdict fast(const Subject &subject)
{
    // The quickest of three: what else the machine does is not the plugin's.
    auto took = LoadTrial{}.took.max();
    for (int i = 0; i < 3 && took > kLoadMax; ++i)
        took = std::min(took, try_load(subject.plugin).took);
    return took <= kLoadMax ? pass("loads in " + seconds(took))
                            : fail("takes " + seconds(took) + " to load, three times; at most " + seconds(kLoadMax));
}

Verdict silent_load(const Subject &subject)
{
    const LoadTrial trial = try_load(subject.plugin);
    return trial.output.empty() ? pass("writes nothing when it is loaded")
                                : fail("writes '" + frames::readable(trial.output, 60) + "' when it is loaded");
}

// Whether loading has left one aspect of the process alone.
Verdict unchanged(const Subject &subject, const char *aspect, const std::string &good, const std::string &bad)
{
    const LoadTrial trial = try_load(subject.plugin);
    const auto change = trial.changes.find(aspect);
    return change == trial.changes.end() ? pass(good) : fail(bad + frames::readable(change->second, 200));
}

// The same for what leaves no trace where it is undone at once.
Verdict not_even_once(const Subject &subject, const Verdict &verdict, hosting::Deed deed, const std::string &bad)
{
    if (verdict.status != Status::pass)
        return verdict;
    const LoadTrial trial = try_load(subject.plugin, deed);
    return trial.end == LoadTrial::End::crashed && trial.signal == SIGSYS ? fail(bad) : verdict;
}

Verdict load_threads(const Subject &subject)
{
    return not_even_once(
        subject,
        unchanged(subject, "threads", "starts no thread when it is loaded", "threads started when it is loaded: "),
        hosting::Deed::threads, "starts a thread or a process when it is loaded, and ends it again");
}

Verdict load_descriptors(const Subject &subject)
{
    return not_even_once(subject,
                         unchanged(subject, "descriptors", "opens no socket or file when it is loaded",
                                   "opens when it is loaded, and keeps open: "),
                         hosting::Deed::sockets_and_files,
                         "makes a socket or opens a file to write when it is loaded, and closes it again");
}

Verdict load_processes(const Subject &subject)
{
    return unchanged(subject, "processes", "starts no process when it is loaded",
                     "processes started when it is loaded: ");
}

Verdict signals(const Subject &subject)
{
    return unchanged(subject, "signals", "leaves signals and timers alone", "loading it changes signals: ");
}

Verdict locale(const Subject &subject)
{
    return unchanged(subject, "locale", "leaves the locale alone", "loading it sets the locale to ");
}

Verdict mask(const Subject &subject)
{
    return unchanged(subject, "umask", "leaves the umask alone", "loading it sets the umask to ");
}

Verdict directory(const Subject &subject)
{
    return unchanged(subject, "directory", "leaves the working directory alone", "loading it changes into ");
}

Verdict environment(const Subject &subject)
{
    return unchanged(subject, "environment", "leaves the environment alone", "loading it changes the environment: ");
}

constexpr const char *kNothingRuns = "a host loads a plugin to read what it says of itself; nothing may run for that";
constexpr const char *kShared = "everything in the process shares it, and the next run would not be like this one";
constexpr const char *kInRun = "do it in run()";

constexpr Rule kLoadRules[] = {
    {"load", "file-symbols", "does not load", "an agent loads it as it is loaded here: RTLD_NOW, RTLD_LOCAL, alone",
     "see what the dynamic loader says; `ldd -r` shows more", loads},
    {"load-fast", "load", "", "the agent waits for it before a measurement that has its time",
     "no work in constructors; prefer few and small libraries", fast},
    {"load-silent", "load", "", kNothingRuns, "write nothing from a constructor; use host->log in run()", silent_load},
    {"load-threads", "load", "",
     "threads do not come along in a fork: each run loads the plugin anew, and begins later", kInRun, load_threads,
     Status::warning},
    {"load-descriptors", "load", "", "every run of the plugin would share it", "open it in run(), by host->socket",
     load_descriptors},
    {"load-processes", "load", "", kNothingRuns, kInRun, load_processes},
    {"load-signals", "load", "", kShared, kInRun, signals},
    {"load-locale", "load", "", kShared,
     "format and parse without the locale, or use newlocale() and uselocale() in run()", locale},
    {"load-umask", "load", "", kShared, kInRun, mask},
    {"load-directory", "load", "", kShared, "use absolute paths", directory},
    {"load-environment", "load", "", kShared, "leave it as it is", environment},
};

} // namespace

std::span<const Rule> load_rules()
{
    return kLoadRules;
}

} // namespace sonde::checker
