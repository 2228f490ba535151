#include "programs/cli/plan/fleet.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sonde::cli {

namespace {

// What the engine does in some seconds on two processors.
constexpr std::uint64_t kRunsMax = 2'000'000;
// Loads of their own; what is beyond shares one, so that they take no more than some 100 MB.
constexpr std::size_t kLoadsMax = 200;
// Of all loads together, four bytes each.
constexpr std::uint64_t kSecondsMax = 64'000'000;
constexpr std::chrono::milliseconds kProgress{250};

class FleetRun {
public:
    FleetRun(const model::Instruction &instruction, const Costs &costs, std::uint64_t seed, const SimulatedTime &time,
             std::uint64_t agents)
        : instruction_(instruction), costs_(costs), seed_(seed), time_(time), agents_(agents)
    {
        for (std::size_t schedule = 0; schedule < costs.size(); ++schedule) {
            auto &of_schedule = loads_of_.emplace_back();
            for (const ActionCost &cost : costs[schedule]) {
                auto &loads = of_schedule.emplace_back();
                for (const std::string &target : cost.targets) {
                    loads.push_back(load_of({cost.reports ? "collector" : "target", target}));
                    if (!cost.bytes_max)
                        loads.back()->bytes_are_unknown();
                }
            }
        }
    }

    Fleet go(const std::function<void(std::uint64_t)> &progress)
    {
        std::vector<std::thread> threads;
        std::size_t ended = 0;
        std::condition_variable news;
        const unsigned count = std::max(1u, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < count; ++i)
            threads.emplace_back([&] {
                work();
                const std::lock_guard lock(mutex_);
                ++ended;
                news.notify_one();
            });
        {
            std::unique_lock lock(mutex_);
            while (!news.wait_for(lock, kProgress, [&] { return ended == threads.size(); })) {
                lock.unlock();
                progress(std::min<std::uint64_t>(next_, agents_));
                lock.lock();
            }
        }
        for (std::thread &thread : threads)
            thread.join();
        if (failure_)
            std::rethrow_exception(failure_);
        return std::move(fleet_);
    }

private:
    Load *load_of(std::pair<std::string, std::string> name)
    {
        if (fleet_.loads.size() >= kLoadsMax && !fleet_.loads.contains(name))
            name.second = "all others";
        return &fleet_.loads.try_emplace(std::move(name), time_.from, time_.until).first->second;
    }

    void work()
    {
        Meetings met;
        try {
            for (std::uint64_t number = next_++; number < agents_; number = next_++) {
                MeetingWatch watch(costs_);
                const auto begins = [&](ActionPlace place, WallTime since, WallTime at) {
                    watch.begins(place, since);
                    for (Load *load : loads_of_[place.schedule][place.action])
                        load->add(at, costs_[place.schedule][place.action].bytes_max.value_or(0));
                };
                const auto ends = [&](ActionPlace place, WallTime at) { watch.ends(place, at); };
                simulate(instruction_, costs_, {seed_, number}, time_, {begins, ends});
                add(met, watch.met());
            }
        } catch (...) {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
            next_ = agents_;
        }
        const std::lock_guard lock(mutex_);
        add(fleet_.meetings, met);
    }

    const model::Instruction &instruction_;
    const Costs &costs_;
    std::uint64_t seed_;
    const SimulatedTime &time_;
    std::uint64_t agents_;
    Fleet fleet_;
    std::vector<std::vector<std::vector<Load *>>> loads_of_; // by schedule and action
    std::atomic<std::uint64_t> next_ = 0;
    std::mutex mutex_; // over fleet_.meetings, failure_ and the number of threads that have ended
    std::exception_ptr failure_;
};

} // namespace

FleetExtent extent_of(std::uint64_t agents, const SimulatedTime &time, std::uint64_t runs, std::size_t targets)
{
    constexpr std::chrono::days day{1};
    FleetExtent extent{agents, time.until};
    const auto days = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::days>(time.until - time.from).count());
    const auto shorten = [&](std::uint64_t to) {
        extent.until =
            std::min(extent.until, time.from + day * static_cast<std::int64_t>(std::max<std::uint64_t>(to, 1)));
    };
    const std::uint64_t runs_a_day = std::max<std::uint64_t>(1, runs / std::max<std::uint64_t>(1, days));
    shorten(kRunsMax / runs_a_day / agents);
    shorten(kSecondsMax / 86'400 / std::clamp<std::size_t>(targets, 1, kLoadsMax + 2));
    const auto days_left =
        static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::days>(extent.until - time.from).count());
    extent.agents = std::clamp<std::uint64_t>(kRunsMax / runs_a_day / days_left, 1, agents);
    return extent;
}

Fleet simulate_fleet(const model::Instruction &instruction, const Costs &costs, std::uint64_t seed,
                     const SimulatedTime &time, std::uint64_t agents,
                     const std::function<void(std::uint64_t done)> &progress)
{
    return FleetRun(instruction, costs, seed, time, agents).go(progress);
}

} // namespace sonde::cli
