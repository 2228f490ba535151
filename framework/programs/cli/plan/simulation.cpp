#include "programs/cli/plan/simulation.hpp"

#include "schedule/engine.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sonde::cli {

namespace {

// A splitmix64 step: neighbouring seeds must not draw alike.
std::uint64_t mixed(std::uint64_t seed)
{
    seed += 0x9e3779b97f4a7c15;
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
    seed = (seed ^ (seed >> 27)) * 0x94d049bb133111eb;
    return seed ^ (seed >> 31);
}

class Simulation {
public:
    Simulation(const model::Instruction &instruction, const Uuid &agent, std::uint64_t seed, const SimulatedTime &time,
               const std::function<void(const PlannedRun &)> &run)
        : instruction_(instruction), time_(time), run_(run), random_(mixed(seed)),
          engine_(
              agent, [this] { return random_(); }, time.zone),
          now_{time.from, MonotonicTime{}}
    {
        for (std::size_t i = 0; i < instruction.schedules.size(); ++i)
            index_.emplace(instruction.schedules[i].name, i);
    }

    std::map<std::string, NotStarted> go()
    {
        carry(engine_.start(instruction_, {}, now_));
        while (const std::optional<WallTime> next = next_time()) {
            if (*next >= time_.until)
                break;
            go_to(*next);
            if (!ends_.empty() && ends_.front().at <= now_.wall) {
                const End end = ends_.front();
                ends_.pop_front();
                carry(engine_.action_ended(end.intent, end.action, now_));
            } else {
                carry(engine_.advance(now_));
            }
        }
        return std::move(not_started_);
    }

private:
    struct End {
        WallTime at;
        Uuid intent;
        std::size_t action = 0;
    };

    std::optional<WallTime> next_time() const
    {
        const schedule::Wakeup wakeup = engine_.next_wakeup();
        std::optional<WallTime> next = wakeup.wall;
        const auto earlier = [&](WallTime other) { next = next ? std::min(*next, other) : other; };
        if (wakeup.monotonic)
            earlier(now_.wall + (*wakeup.monotonic - now_.monotonic));
        if (!ends_.empty())
            earlier(ends_.front().at);
        return next;
    }

    void go_to(WallTime time)
    {
        if (time <= now_.wall)
            return;
        now_.monotonic += time - now_.wall;
        now_.wall = time;
    }

    void carry(schedule::Decisions decisions)
    {
        for (schedule::Decision &decision : decisions)
            std::visit([this](const auto &one) { carry(one); }, decision);
    }

    void carry(const schedule::Plan &plan) { carry(engine_.planned(plan.intent.id, now_)); }

    void carry(const schedule::Start &start)
    {
        run_({index_.at(start.intent.schedule), start.action, now_.wall});
        // All take as long, so they end in the order in which they began.
        ends_.push_back({now_.wall + time_.run_time, start.intent.id, start.action});
    }

    void carry(const schedule::Stop &stop)
    {
        std::vector<End> stopped;
        for (const End &end : ends_)
            if (end.intent == stop.intent)
                stopped.push_back(end);
        std::erase_if(ends_, [&](const End &end) { return end.intent == stop.intent; });
        for (End &end : stopped)
            end.at = now_.wall;
        ends_.insert(ends_.begin(), stopped.begin(), stopped.end());
    }

    void carry(const schedule::Account &account)
    {
        for (const model::Outcome &outcome : account.outcomes) {
            NotStarted &counts = not_started_[outcome.schedule];
            switch (outcome.word) {
            case model::OutcomeWord::overlapped:
                counts.overlapped += outcome.count;
                break;
            case model::OutcomeWord::suppressed:
                counts.suppressed += outcome.count;
                break;
            case model::OutcomeWord::missed:
                counts.missed += outcome.count;
                break;
            default:
                counts.interrupted += outcome.count;
            }
        }
    }

    template <class Other>
    void carry(const Other &)
    {
    }

    const model::Instruction &instruction_;
    const SimulatedTime &time_;
    const std::function<void(const PlannedRun &)> &run_;
    std::map<std::string_view, std::size_t> index_;
    std::mt19937_64 random_;
    schedule::Engine engine_;
    Now now_;
    std::deque<End> ends_;
    std::map<std::string, NotStarted> not_started_;
};

} // namespace

std::map<std::string, NotStarted> simulate(const model::Instruction &instruction, const Uuid &agent,
                                           std::uint64_t seed, const SimulatedTime &time,
                                           const std::function<void(const PlannedRun &)> &run)
{
    return Simulation(instruction, agent, seed, time, run).go();
}

} // namespace sonde::cli
