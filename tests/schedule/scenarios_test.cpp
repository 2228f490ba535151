#include "model/instruction_json.hpp"
#include "policy/limit.hpp"
#include "schedule/world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

// The acceptance scenarios, word by word from RFC 7594 and its problem statement: the files that stand in
// examples/scenarios, a week of each on a simulated clock, for many seeds.
using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

#ifdef SONDE_SANITIZED
constexpr std::size_t kSeeds = 100;
#else
const std::size_t kSeeds = std::getenv("SONDE_LONG") == nullptr ? 1000 : 2000;
#endif
constexpr std::chrono::seconds kSpread = 180s;

model::Instruction scenario(const std::string &name)
{
    std::ifstream file(std::string(EXAMPLES) + "/scenarios/" + name + ".json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto reading = model::read_instruction(text);
    INFO(name);
    REQUIRE(model::to_lines(reading.errors).empty());
    return std::move(*reading);
}

// What one schedule did, over all seeds.
struct Runs {
    std::vector<std::chrono::nanoseconds> spreads;
    std::vector<WallTime> events; // of one seed
    std::map<OutcomeWord, std::size_t> ended;
};

// By schedule. Each seed is an agent of its own.
std::map<std::string, Runs> week_of(const model::Instruction &instruction,
                                    const decltype(World::judge) &judge = World().judge)
{
    std::map<std::string, Runs> runs;
    bool punctual = true;
    for (std::size_t seed = 0; seed < kSeeds; ++seed) {
        World world(kMonday, seed);
        world.duration = [] { return 10s; };
        world.judge = judge;
        world.start(instruction);
        world.run_for(std::chrono::days(7));
        // A run that waits for its spread over the end of the week has its turn.
        world.run_for(kSpread + 10s);
        for (const Started &started : world.started) {
            Runs &of = runs[started.intent.schedule];
            punctual = punctual && started.at == started.intent.due();
            of.spreads.push_back(started.intent.spread);
            if (seed == 0)
                of.events.push_back(started.intent.event);
        }
        REQUIRE(world.count() == world.started.size());
        for (const model::Outcome &outcome : world.outcomes)
            runs[outcome.schedule].ended[outcome.word] += outcome.count;
    }
    CHECK(punctual);
    return runs;
}

// Kolmogorov and Smirnov: the largest distance of what was drawn from the uniform distribution over [0, kSpread].
double distance_to_uniform(std::vector<std::chrono::nanoseconds> spreads)
{
    std::sort(spreads.begin(), spreads.end());
    REQUIRE(spreads.front() >= 0ns);
    REQUIRE(spreads.back() <= kSpread);
    const auto count = static_cast<double>(spreads.size());
    double distance = 0;
    for (std::size_t i = 0; i < spreads.size(); ++i) {
        const double at = std::chrono::duration<double>(spreads[i]) / kSpread;
        distance = std::max({distance, std::abs(at - static_cast<double>(i) / count),
                             std::abs(at - static_cast<double>(i + 1) / count)});
    }
    return distance;
}

void check_spread(const Runs &runs)
{
    // 1 % of fair generators would fail; the seeds are fixed.
    CHECK(distance_to_uniform(runs.spreads) < 1.63 / std::sqrt(static_cast<double>(runs.spreads.size())));
}

void check_hourly(const Runs &runs, OutcomeWord word = OutcomeWord::completed)
{
    CHECK(runs.ended == std::map<OutcomeWord, std::size_t>{{word, 7 * 24 * kSeeds}});
    REQUIRE(runs.events.size() == std::size_t{7 * 24});
    for (std::size_t hour = 0; hour < runs.events.size(); ++hour)
        CHECK(runs.events[hour] == kMonday + std::chrono::hours(hour) + 5min);
}

void check_daily(const Runs &runs)
{
    CHECK(runs.ended == std::map<OutcomeWord, std::size_t>{{OutcomeWord::completed, 7 * kSeeds}});
    REQUIRE(runs.events.size() == 7);
    for (std::size_t day = 0; day < runs.events.size(); ++day)
        CHECK(runs.events[day] == kMonday + std::chrono::days(day) + 4h);
}

} // namespace

TEST_CASE("S1 'Count the number of TCP SYN packets ... repeat every hour at xx.05 + Unif[0,180] seconds' [A5]")
{
    auto week = week_of(scenario("s1-syn-count"));
    check_hourly(week["count-syn"]);
    check_spread(week["count-syn"]);
}

TEST_CASE("S2 'Report results once a day in a batch at 4am + Unif[0,180] seconds; if the end user is active then delay "
          "the report 5 minutes' [A5] [A7]")
{
    const model::Instruction instruction = scenario("s2-delayed-report");
    auto week = week_of(instruction);
    check_hourly(week["ping"]);
    check_daily(week["report"]);
    check_spread(week["report"]);

    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        World world(kMonday, seed);
        const WallTime active_until = kMonday + 4h + 17min;
        world.not_met = [&] { return world.now.wall >= active_until ? "" : "active"; };
        world.start(instruction);
        world.run_for(24h);
        const auto report = std::find_if(world.started.begin(), world.started.end(),
                                         [](const Started &started) { return started.intent.schedule == "report"; });
        REQUIRE(report != world.started.end());
        const auto delay = report->at - report->intent.due();
        CHECK(delay % 5min == 0ns);
        CHECK(report->at >= active_until);
        CHECK(report->at - 5min < active_until);
    }
}

TEST_CASE(
    "S3 \"Measure the 'UDP latency' with www.example.org; repeat every hour at xx.05\"; 'Report results once a day "
    "in a batch at 4am' [A5]")
{
    auto week = week_of(scenario("s3-udp-latency"));
    check_hourly(week["udp-latency"]);
    check_daily(week["report"]);
    for (const auto &[name, runs] : week)
        CHECK(std::all_of(runs.spreads.begin(), runs.spreads.end(), [](auto spread) { return spread == 0ns; }));
}

TEST_CASE("S4 'if the end user is active then delay the test and re-try 1 minute later, with up to 3 re-tries; repeat "
          "every hour at xx.05 + Unif[0,180] seconds' [A5] [A7] [A13]")
{
    const model::Instruction instruction = scenario("s4-download-when-idle");
    auto week = week_of(instruction);
    check_hourly(week["download"]);
    check_spread(week["download"]);

    std::map<std::chrono::nanoseconds, std::size_t> delays;
    std::uint64_t given_up = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        World world(kMonday, seed);
        std::mt19937_64 user(seed);
        world.not_met = [&] { return user() % 2 == 0 ? "" : "active"; };
        world.start(instruction);
        world.run_for(std::chrono::days(7));
        for (const Started &started : world.started)
            if (started.intent.schedule == "download")
                ++delays[started.at - started.intent.due()];
        given_up += world.count("download", OutcomeWord::not_met);
        REQUIRE(world.count("download") == std::uint64_t{7 * 24});
    }
    // A user who is active half of the time is met by half, a quarter, an eighth and a sixteenth of the looks.
    const double runs = 7.0 * 24 * kSeeds;
    REQUIRE(delays.size() == 4);
    for (int retry = 0; retry <= 3; ++retry)
        CHECK(static_cast<double>(delays.at(retry * 60s)) == Approx(runs / (2 << retry)).epsilon(0.05));
    CHECK(static_cast<double>(given_up) == Approx(runs / 16).epsilon(0.05));
}

TEST_CASE("S5 'Do measurement now', 'Report as soon as possible' [A5] [C3]")
{
    const model::Instruction instruction = scenario("s5-now");
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        World world(kMonday, seed);
        const auto asked_after = std::chrono::milliseconds(world.random() % 86'400'000);
        world.duration = [] { return 2s; };
        world.start(model::Instruction{});
        world.run_for(asked_after);
        world.replace(instruction);
        world.run_for(std::chrono::days(7));
        REQUIRE(world.started.size() == 2);
        REQUIRE(world.started[0].at == kMonday + asked_after);
        REQUIRE(world.started[1].at == kMonday + asked_after + 2s);
        world.crash(1min);
        world.start(instruction);
        world.run_for(24h);
        REQUIRE(world.started.size() == 2);
        REQUIRE(world.count("", OutcomeWord::completed) == 2);
    }
}

TEST_CASE("S6 the ping example, S7 the DNS example: every hour [A5]")
{
    for (const auto &[file, schedule] : {std::pair{"s6-ping", "ping"}, std::pair{"s7-dns", "dns"}}) {
        auto week = week_of(scenario(file));
        check_hourly(week[schedule]);
        check_spread(week[schedule]);
        check_daily(week["report"]);
    }
}

TEST_CASE("S8 'An 80 Mb/s download test is not run on a 2 Mb/s line': its data budget refuses it every hour [A5] [A7]")
{
    const model::Instruction instruction = scenario("s8-slow-line");
    const model::DataBudget &budget = instruction.agent.data_budget;
    REQUIRE((budget.rate_bytes_per_second && budget.burst_bytes));
    CHECK(*budget.rate_bytes_per_second * 8 == 2'000'000);
    // What a run declares before it begins, and what it then uses.
    const std::map<std::string, std::uint64_t> declared{{"download-80-mbit", 80'000'000 / 8 * 10}, {"report", 0}};
    const auto judge = [&](const Start &start) {
        const policy::ByteLimit limit{"the data budget", "", *budget.burst_bytes, 0, {}, *budget.rate_bytes_per_second};
        const auto refused = policy::refusal(limit, declared.at(start.work->tasks.at(start.action).name), 0);
        if (!refused)
            return OutcomeWord::completed;
        REQUIRE(refused->find("more than the data budget has at once") != std::string::npos);
        return OutcomeWord::refused;
    };
    auto week = week_of(instruction, judge);
    check_hourly(week["download"], OutcomeWord::refused);
    check_spread(week["download"]);
    check_daily(week["report"]);
}
