// How many warm invocations a second go through launcher, runners and host when several plugins are busy at once,
// beside programs that are started and waited for, as many at a time.
#include "figures.hpp"
#include "live_host.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <functional>
#include <memory>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace sonde;
using namespace sonde::bench;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kPlugins = 4;
constexpr int kAtOnce = 8;
constexpr int kRuns = 4000;    // a round
constexpr int kPrograms = 400; // a round

struct Tally {
    int left = 0;
    int failed = 0;
};

boost::asio::awaitable<void> invoke(LiveHost &live, const plugin_host::RunRequest &request, Tally &tally)
{
    while (tally.left > 0) {
        --tally.left;
        plugin_host::RowSink nobody;
        plugin_host::RunRequest copy = request;
        const plugin_host::RunResult result = co_await live.host.run(std::move(copy), nobody);
        tally.failed += result.status != 0 || result.rows != 1;
    }
}

// A second; NaN where a run failed.
double runs(LiveHost &live, const std::vector<plugin_host::RunRequest> &requests)
{
    Tally tally{kRuns, 0};
    const auto begin = Clock::now();
    std::vector<std::future<void>> workers;
    for (int i = 0; i < kAtOnce; ++i)
        workers.push_back(boost::asio::co_spawn(live.loop, invoke(live, requests[i % requests.size()], tally),
                                                boost::asio::use_future));
    for (std::future<void> &worker : workers)
        live.end(worker);
    return tally.failed == 0 ? kRuns / seconds_since(begin) : std::nan("");
}

// Programs a second; NaN where one failed.
double programs(const std::string &program)
{
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    std::string path = program;
    std::string word = "--version";
    char *const words[] = {path.data(), word.data(), nullptr};
    const auto begin = Clock::now();
    int running = 0, failed = 0;
    for (int started = 0; started < kPrograms || running > 0;) {
        pid_t child = 0;
        if (started < kPrograms && running < kAtOnce) {
            ++started;
            if (::posix_spawn(&child, path.c_str(), &actions, nullptr, words, environ) == 0)
                ++running;
            else
                ++failed;
            continue;
        }
        int status = 0;
        ::waitpid(-1, &status, 0);
        failed += status != 0;
        --running;
    }
    ::posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? kPrograms / seconds_since(begin) : std::nan("");
}

struct Candidate {
    const char *name;
    std::function<double()> act;
    std::vector<double> rates;
};

} // namespace

int main()
{
    const char *const curl = "/usr/bin/curl";
    if (!std::filesystem::exists(curl)) {
        std::printf("skipped: there is no %s here\n", curl);
        return kSkipped;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    const std::string place = pin(2);
    const StealTime steal;
    const test::TempDir folder;
    ::chmod(folder.path().c_str(), 0755);
    LiveHost live;
    std::vector<plugin_host::RunRequest> requests;
    for (int i = 0; i < kPlugins; ++i) {
        const std::filesystem::path plugin = folder / ("six_cells" + std::to_string(i) + ".so");
        std::filesystem::copy_file(FIXTURE, plugin);
        requests.push_back(live.request(plugin, "1"));
    }
    // In turn; no program is waited for while a run is under way, and the launcher does not end.
    std::vector<Candidate> candidates{
        {"warm runs", [&] { return runs(live, requests); }, {}},
        {"sonde-runner --version", [] { return programs(RUNNER); }, {}},
        {"curl --version", [&] { return programs(curl); }, {}},
        {"true", [] { return programs("/bin/true"); }, {}},
    };
    for (int round = 0; round < kRounds; ++round)
        for (Candidate &candidate : candidates) {
            candidate.rates.push_back(candidate.act());
            if (std::isnan(candidate.rates.back())) {
                std::printf("no answer from: %s\n", candidate.name);
                return 1;
            }
        }
    std::printf("%s; %d at once, runs of %d plugins; %d rounds in turn, median of the rounds' ratios\n", place.c_str(),
                kAtOnce, kPlugins, kRounds);
    for (const Candidate &candidate : candidates) {
        std::vector<double> ratios;
        for (int round = 0; round < kRounds; ++round)
            ratios.push_back(candidates[0].rates[round] / candidate.rates[round]);
        std::printf("  %-24s %6.0f a second (slowest round %.0f)", candidate.name, median(candidate.rates),
                    quantile(candidate.rates, 0));
        if (&candidate == &candidates[0])
            std::printf("\n");
        else
            std::printf("   ours is %.2f times that\n", median(ratios));
    }
    demand_at_least("warm runs", median(candidates[0].rates), 4000, " a second");
}
