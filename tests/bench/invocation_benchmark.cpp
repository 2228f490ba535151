// How long an invocation of a confined method takes to its first row, warm and cold, beside programs started by
// posix_spawn to their first byte of output.
#include "figures.hpp"
#include "live_host.hpp"

#include <filesystem>
#include <functional>
#include <optional>

#include <fcntl.h>
#include <spawn.h>
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

struct Candidate {
    const char *name;
    std::function<double()> act;
    std::vector<double> all;
    std::vector<double> medians; // of the rounds
};

// False: something did not answer.
bool measure(LiveHost &live, std::vector<Candidate> candidates, int repeats, std::chrono::milliseconds gap)
{
    for (int round = 0; round < kRounds; ++round)
        for (Candidate &candidate : candidates) {
            std::vector<double> taken;
            for (int i = 0; i < repeats; ++i) {
                if (gap.count() > 0)
                    live.rest(gap);
                taken.push_back(candidate.act());
                if (std::isnan(taken.back())) {
                    std::printf("no answer from: %s\n", candidate.name);
                    return false;
                }
            }
            candidate.all.insert(candidate.all.end(), taken.begin(), taken.end());
            candidate.medians.push_back(median(taken));
        }
    for (const Candidate &candidate : candidates) {
        std::vector<double> ratios;
        for (int round = 0; round < kRounds; ++round)
            ratios.push_back(candidates[0].medians[round] / candidate.medians[round]);
        std::printf("  %-26s median %7.0f us   p99 %7.0f us", candidate.name, median(candidate.all),
                    quantile(candidate.all, 0.99));
        if (&candidate == &candidates[0])
            std::printf("\n");
        else
            std::printf("   ours is %.3f of it\n", median(ratios));
    }
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
    LiveHost live;
    const plugin_host::RunRequest request = live.request(FIXTURE, "1");
    const std::vector<Candidate> candidates{
        {"warm run to its first row", [&] { return invoke(live, request); }, {}, {}},
        {"sonde-runner --version", [&] { return start(RUNNER); }, {}, {}},
        {"curl --version", [&] { return start(curl); }, {}, {}},
    };
    for (const Candidate &candidate : candidates)
        candidate.act();
    std::printf("%s; %d rounds in turn, median of the rounds' ratios\n", place.c_str(), kRounds);
    std::printf("back to back, 50 a round\n");
    if (!measure(live, candidates, 50, std::chrono::milliseconds(0)))
        return 1;
    std::printf("100 ms apart, 20 a round\n");
    if (!measure(live, candidates, 20, std::chrono::milliseconds(100)))
        return 1;
    std::vector<Candidate> cold = candidates;
    cold[0] = {"cold run to its first row", [&] { return invoke_cold(live, request); }, {}, {}};
    std::printf("cold, 20 a round\n");
    return measure(live, cold, 20, std::chrono::milliseconds(0)) ? 0 : 1;
}
