// How long an invocation of a confined method takes to its first row, warm and cold, beside programs started by
// posix_spawn to their first byte of output, and a process that waits at a socket and answers. Each figure that is
// demanded is printed with what was found.
#include "figures.hpp"
#include "live_host.hpp"

#include "frames/socket.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace sonde;
using namespace sonde::bench;
using Clock = std::chrono::steady_clock;

namespace {

struct FirstRow : plugin_host::RowSink {
    void row(std::uint32_t, std::span<const sonde_cell>) override
    {
        if (!seen)
            seen = Clock::now();
    }
    std::optional<Clock::time_point> seen;
};

// Microseconds; NaN where the run failed.
double invoke(LiveHost &live, const plugin_host::RunRequest &request)
{
    FirstRow sink;
    const auto begin = Clock::now();
    const plugin_host::RunResult result = live.wait(live.host.run(request, sink));
    if (result.status != 0 || !sink.seen)
        return std::nan("");
    return std::chrono::duration<double, std::micro>(*sink.seen - begin).count();
}

// The same with a runner that has to be started, confined and asked to describe its plugin first.
double invoke_cold(LiveHost &live, const plugin_host::RunRequest &request)
{
    live.host.retire(request.plugin);
    while (live.host.runners() > 0)
        live.rest(std::chrono::milliseconds(10));
    // The old one is gone from the processor too.
    live.rest(std::chrono::milliseconds(30));
    return invoke(live, request);
}

// The same of a program with `--version`.
double start(const std::string &program)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return std::nan("");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    std::string path = program;
    std::string word = "--version";
    char *const words[] = {path.data(), word.data(), nullptr};
    pid_t child = 0;
    const auto begin = Clock::now();
    const int error = ::posix_spawn(&child, path.c_str(), &actions, nullptr, words, environ);
    ::close(ends[1]);
    ::posix_spawn_file_actions_destroy(&actions);
    char byte[4096];
    const bool output = error == 0 && ::read(ends[0], byte, sizeof byte) > 0;
    const double taken = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
    while (error == 0 && ::read(ends[0], byte, sizeof byte) > 0)
        ;
    ::close(ends[0]);
    if (error == 0)
        ::waitpid(child, nullptr, 0);
    return output ? taken : std::nan("");
}

// The control: what it takes at the least to wake a process that was made beforehand, and to be woken by its answer.
class Waiter {
public:
    Waiter()
    {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            return;
        ours_ = frames::Descriptor(ends[0]);
        const frames::Descriptor theirs(ends[1]);
        child_ = ::fork();
        if (child_ != 0)
            return;
        ours_.reset();
        for (char byte; ::read(theirs.get(), &byte, 1) == 1;)
            (void)!::write(theirs.get(), &byte, 1);
        ::_exit(0);
    }
    ~Waiter()
    {
        ours_.reset();
        if (child_ > 0)
            ::waitpid(child_, nullptr, 0);
    }
    Waiter(const Waiter &) = delete;
    Waiter &operator=(const Waiter &) = delete;

    // Microseconds; NaN if it does not.
    double ask() const
    {
        char byte = 0;
        const auto begin = Clock::now();
        if (::write(ours_.get(), &byte, 1) != 1 || ::read(ours_.get(), &byte, 1) != 1)
            return std::nan("");
        return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
    }

private:
    frames::Descriptor ours_;
    pid_t child_ = 0;
};

struct Candidate {
    const char *name;
    std::function<double()> act;
    std::vector<std::vector<double>> rounds{};

    std::vector<double> all() const
    {
        std::vector<double> figures;
        for (const auto &round : rounds)
            figures.insert(figures.end(), round.begin(), round.end());
        return figures;
    }
};

enum Which { kOurs, kRunner, kCurl, kControl };

// In each round all of one candidate and then all of the next, or one of each in turn, each after a gap.
enum class Turns { blocks, singles };

bool act(LiveHost &live, Candidate &candidate, std::chrono::milliseconds gap)
{
    if (gap.count() > 0)
        live.rest(gap);
    candidate.rounds.back().push_back(candidate.act());
    if (!std::isnan(candidate.rounds.back().back()))
        return true;
    std::printf("no answer from: %s\n", candidate.name);
    return false;
}

// False: something did not answer.
bool measure(LiveHost &live, std::vector<Candidate> &candidates, Turns turns, int repeats,
             std::chrono::milliseconds gap)
{
    for (int round = 0; round < kRounds; ++round) {
        for (Candidate &candidate : candidates)
            candidate.rounds.emplace_back();
        const int blocks = turns == Turns::blocks ? 1 : repeats;
        for (int block = 0; block < blocks; ++block)
            for (Candidate &candidate : candidates)
                for (int i = 0; i < repeats / blocks; ++i)
                    if (!act(live, candidate, gap))
                        return false;
    }
    return true;
}

// Of the medians of each round, the median.
double ratio(const std::vector<Candidate> &candidates, std::size_t to)
{
    std::vector<double> ratios;
    for (int round = 0; round < kRounds; ++round)
        ratios.push_back(median(candidates[kOurs].rounds[round]) / median(candidates[to].rounds[round]));
    return median(ratios);
}

void print(const std::vector<Candidate> &candidates)
{
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const std::vector<double> all = candidates[i].all();
        std::printf("  %-26s median %7.0f us   p99 %7.0f us", candidates[i].name, median(all), quantile(all, 0.99));
        if (i == kOurs)
            std::printf("   of %zu\n", all.size());
        else
            std::printf("   ours is %.3f of it\n", ratio(candidates, i));
    }
}

double p99(const Candidate &candidate)
{
    return quantile(candidate.all(), 0.99);
}

bool measure_all(LiveHost &live, const std::vector<Candidate> &candidates, const Candidate &cold)
{
    std::printf("back to back, 50 of each in a row\n");
    std::vector<Candidate> dense = candidates;
    if (!measure(live, dense, Turns::blocks, 50, std::chrono::milliseconds(0)))
        return false;
    print(dense);
    demand_at_most("median beside fork and exec of the runner", ratio(dense, kRunner), 0.2, "");
    std::printf("100 ms apart, one of each in turn\n");
    std::vector<Candidate> sparse = candidates;
    if (!measure(live, sparse, Turns::singles, 20, std::chrono::milliseconds(100)))
        return false;
    print(sparse);
    demand_at_most("median beside curl", ratio(sparse, kCurl), 0.1, "");
    demand_at_most("p99", p99(sparse[kOurs]), std::max(1500.0, p99(sparse[kControl]) + 500), " us");
    std::printf("cold, one of each in turn\n");
    std::vector<Candidate> anew = candidates;
    anew[kOurs] = cold;
    if (!measure(live, anew, Turns::singles, 20, std::chrono::milliseconds(0)))
        return false;
    print(anew);
    demand_at_most("median", median(anew[kOurs].all()) / 1000, 15, " ms");
    return true;
}

} // namespace

int main()
{
    const char *const curl = "/usr/bin/curl";
    if (!std::filesystem::exists(curl)) {
        std::printf("skipped: there is no %s here\n", curl);
        return kSkipped;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    const std::string place = pin(1);
    const StealTime steal;
    // Before there are threads.
    const Waiter waiter;
    LiveHost live;
    const Result<frames::Greeting> greeting = live.wait(live.host.greeting());
    if (!greeting) {
        std::printf("no launcher: %s\n", to_string(greeting.error()).c_str());
        return 1;
    }
    // A control group is for a daemon to give; without another layer it is not what is to be measured.
    for (const frames::Missing &layer : greeting->layers) {
        std::printf("the runner goes without: %s (%s)\n", layer.what.c_str(), layer.reason.c_str());
        if (layer.what != "cgroup") {
            std::printf("skipped: a confined runner is to be measured\n");
            return kSkipped;
        }
    }
    const plugin_host::RunRequest request = live.request(FIXTURE, "1");
    const std::vector<Candidate> candidates{
        {"warm run to its first row", [&] { return invoke(live, request); }},
        {"sonde-runner --version", [&] { return start(RUNNER); }},
        {"curl --version", [&] { return start(curl); }},
        {"a process that answers", [&] { return waiter.ask(); }},
    };
    for (const Candidate &candidate : candidates)
        candidate.act();
    std::printf("%s; %d rounds, median of the rounds' ratios\n", place.c_str(), kRounds);
    return measure_all(live, candidates, {"cold run to its first row", [&] { return invoke_cold(live, request); }}) ? 0
                                                                                                                    : 1;
}
