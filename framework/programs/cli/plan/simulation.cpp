#include "programs/cli/plan/simulation.hpp"

#include "schedule/engine.hpp"
#include "schedule/local_time.hpp"
#include "schedule/random.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

namespace sonde::cli {

namespace {

// splitmix64: neighbouring seeds must not draw alike, and a fleet makes many generators, so one is small.
class Generator {
public:
    explicit Generator(SimulatedAgent agent) : state_(agent.seed)
    {
        state_ = (*this)() ^ agent.number;
        state_ = (*this)();
    }

    std::uint64_t operator()()
    {
        std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

private:
    std::uint64_t state_;
};

class Simulation {
public:
    Simulation(const model::Instruction &instruction, const Costs &costs, SimulatedAgent agent,
               const SimulatedTime &time, const SimulatedLine &line)
        : instruction_(instruction), costs_(costs), time_(time), line_(line), random_(agent),
          engine_(
              schedule::draw_uuid([this] { return random_(); }), [this] { return random_(); }, time.zone),
          now_{time.from, MonotonicTime{}}
    {
        instruction_.agent.controller_timeout.reset(); // nobody answers here, and the controller is not lost for that
        for (std::size_t i = 0; i < instruction.schedules.size(); ++i) {
            index_.emplace(instruction.schedules[i].name, i);
            not_started_.emplace_back(instruction.schedules[i].actions.size());
        }
    }

    std::vector<std::vector<NotStarted>> go()
    {
        carry(engine_.start(instruction_, {}, now_));
        while (const std::optional<WallTime> next = next_time()) {
            if (*next >= time_.until)
                break;
            go_to(*next);
            if (!ends_.empty() && ends_.front().at <= now_.wall) {
                end_first();
            } else {
                admit();
                carry(engine_.advance(now_));
            }
        }
        closing_ = true;
        // What overlaps a run is accounted for when that ends.
        for (const Waiting &one : waiting_)
            ends_.push_back(end_without_run(one));
        waiting_.clear();
        while (!ends_.empty())
            end_first();
        return std::move(not_started_);
    }

private:
    struct End {
        WallTime at;
        Uuid intent;
        ActionPlace place;
        bool has_begun = false;
        bool has_turn = false;
    };
    // For its turn on the line.
    struct Waiting {
        WallTime since;
        Uuid intent;
        ActionPlace place;
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
        if (!waiting_.empty())
            earlier(waiting_.front().since + time_.longest_wait);
        return next;
    }

    void go_to(WallTime time)
    {
        if (time <= now_.wall)
            return;
        now_.monotonic += time - now_.wall;
        now_.wall = time;
    }

    // The engine has one Work a schedule, for as long as the instruction is in force.
    std::size_t index_of(const schedule::Work &work)
    {
        const auto [place, is_new] = places_.try_emplace(&work, 0);
        if (is_new)
            place->second = index_.at(work.schedule.name);
        return place->second;
    }

    bool in_its_windows(const model::Schedule &schedule) const
    {
        const std::chrono::seconds time = schedule::time_of_day(time_.zone, now_.wall);
        return std::all_of(schedule.constraints.begin(), schedule.constraints.end(), [&](const model::Constraint &one) {
            const auto *window = std::get_if<model::LocalTimeWindow>(&one.type);
            return window == nullptr || schedule::in_window(*window, time);
        });
    }

    // As plugin_host::Turns has it: in the order in which they came, an exclusive one alone.
    void admit()
    {
        while (!waiting_.empty()) {
            const Waiting next = waiting_.front();
            const bool alone = costs_[next.place.schedule][next.place.action].exclusive;
            const bool has_turn = on_line_ == 0 || (!alone && !is_exclusive_);
            if (!has_turn && next.since + time_.longest_wait > now_.wall)
                return;
            waiting_.pop_front();
            if (has_turn) {
                ++on_line_;
                is_exclusive_ = alone;
            }
            begin(next, has_turn);
        }
    }

    void begin(const Waiting &one, bool has_turn)
    {
        if (line_.begins)
            line_.begins(one.place, one.since, now_.wall);
        // All take as long, so they end in the order in which they began.
        ends_.push_back({now_.wall + time_.run_time, one.intent, one.place, true, has_turn});
    }

    End end_without_run(const Waiting &one) const { return {now_.wall, one.intent, one.place}; }

    void end_first()
    {
        const End end = ends_.front();
        ends_.pop_front();
        if (end.has_begun && line_.ends)
            line_.ends(end.place, now_.wall);
        if (end.has_turn) {
            --on_line_;
            is_exclusive_ = false;
        }
        admit();
        carry(engine_.action_ended(end.intent, end.place.action, now_));
    }

    // Each decision has its own carry(): one that the engine learns to make is not to be overlooked here.
    void carry(const schedule::Decisions &decisions)
    {
        for (const schedule::Decision &decision : decisions)
            std::visit([this](const auto &one) { carry(one); }, decision);
    }

    void carry(const schedule::Plan &plan) { carry(engine_.planned(plan.intent->id, now_)); }

    void carry(const schedule::Check &check)
    {
        carry(engine_.checked(check.intent, in_its_windows(check.work->schedule), "", now_));
    }

    void carry(const schedule::Start &start)
    {
        const ActionPlace place{index_of(*start.work), start.action};
        const Waiting one{now_.wall, start.intent->id, place};
        if (closing_) {
            ends_.push_back(end_without_run(one));
            return;
        }
        if (!costs_[place.schedule][place.action].takes_turn)
            return begin(one, false);
        waiting_.push_back(one);
        admit();
    }

    void carry(const schedule::Stop &stop)
    {
        std::vector<End> stopped;
        std::erase_if(ends_, [&](const End &end) {
            const bool ends = end.intent == stop.intent && (!stop.action || end.place.action == *stop.action);
            if (ends) {
                stopped.push_back(end);
                stopped.back().at = now_.wall;
            }
            return ends;
        });
        std::erase_if(waiting_, [&](const Waiting &one) {
            const bool ends = one.intent == stop.intent && (!stop.action || one.place.action == *stop.action);
            if (ends) {
                ++not_started_[one.place.schedule][one.place.action].interrupted;
                stopped.push_back(end_without_run(one));
            }
            return ends;
        });
        ends_.insert(ends_.begin(), stopped.begin(), stopped.end());
    }

    void carry(const schedule::Account &account)
    {
        for (const model::Outcome &outcome : account.outcomes) {
            const std::size_t schedule = index_.at(outcome.schedule);
            const auto &actions = instruction_.schedules[schedule].actions;
            const auto action = std::find_if(actions.begin(), actions.end(),
                                             [&](const model::Action &each) { return each.name == outcome.action; });
            NotStarted &counts = not_started_[schedule].at(static_cast<std::size_t>(action - actions.begin()));
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
            case model::OutcomeWord::not_met:
                counts.not_met += outcome.count;
                break;
            default:
                counts.interrupted += outcome.count;
            }
        }
    }

    void carry(const schedule::Forget &) {}
    void carry(const schedule::ForgetCounts &) {}
    void carry(const schedule::KeepSuppression &) {}
    void carry(const schedule::ForgetSuppression &) {}
    void carry(const schedule::KeepController &) {}
    void carry(const schedule::Remark &) {}

    model::Instruction instruction_;
    const Costs &costs_;
    const SimulatedTime &time_;
    const SimulatedLine &line_;
    std::map<std::string_view, std::size_t> index_; // of schedules
    std::unordered_map<const schedule::Work *, std::size_t> places_;
    Generator random_;
    schedule::Engine engine_;
    Now now_;
    std::deque<End> ends_;
    std::deque<Waiting> waiting_;
    std::size_t on_line_ = 0;   // runs that have their turn
    bool is_exclusive_ = false; // the one on the line
    bool closing_ = false;      // the time is over
    std::vector<std::vector<NotStarted>> not_started_;
};

} // namespace

NotStarted &NotStarted::operator+=(const NotStarted &other)
{
    overlapped += other.overlapped;
    suppressed += other.suppressed;
    missed += other.missed;
    interrupted += other.interrupted;
    not_met += other.not_met;
    return *this;
}

std::vector<std::vector<NotStarted>> simulate(const model::Instruction &instruction, const Costs &costs,
                                              SimulatedAgent agent, const SimulatedTime &time,
                                              const SimulatedLine &line)
{
    return Simulation(instruction, costs, agent, time, line).go();
}

} // namespace sonde::cli
