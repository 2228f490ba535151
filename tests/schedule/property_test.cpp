#include "schedule/world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <tuple>

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

// Counts planned runs from the instruction and the log of what was done alone: naively, trigger by trigger.
class Oracle {
public:
    void replace(const model::Instruction &instruction, WallTime at)
    {
        for (auto it = lives_.begin(); it != lives_.end();) {
            if (configuration(instruction, it->first) == it->second.configuration) {
                ++it;
                continue;
            }
            past_[it->first] += it->second.planned_runs();
            it = lives_.erase(it);
        }
        for (const model::Schedule &schedule : instruction.schedules) {
            if (lives_.contains(schedule.name))
                continue;
            Life life{configuration(instruction, schedule.name), at, at, ++serial_, 0};
            life.fired = std::holds_alternative<model::Immediate>(life.configuration->event.type) ? 1 : 0;
            lives_.emplace(schedule.name, life);
        }
    }
    void start(WallTime at)
    {
        for (auto &[name, life] : lives_) {
            if (std::holds_alternative<model::Startup>(life.configuration->event.type))
                ++life.fired;
        }
        pass(at);
    }
    void pass(WallTime to)
    {
        for (auto &[name, life] : lives_)
            life.to = std::max(life.to, to);
    }

    std::uint64_t planned_runs(const std::string &name) const
    {
        const auto past = past_.find(name);
        const auto life = lives_.find(name);
        return (past == past_.end() ? 0 : past->second) + (life == lives_.end() ? 0 : life->second.planned_runs());
    }
    WallTime reached(const std::string &name) const { return lives_.at(name).to; }
    std::uint64_t serial(const std::string &name) const { return lives_.at(name).serial; }
    bool timed(const std::string &name) const { return !lives_.at(name).at_what_happens(); }

private:
    struct Configuration {
        model::Schedule schedule;
        model::Event event;
        std::vector<model::Task> tasks;

        bool operator==(const Configuration &) const = default;
    };
    struct Life {
        std::optional<Configuration> configuration;
        WallTime from;
        WallTime to; // the highest that the clock has shown
        std::uint64_t serial;
        std::uint64_t fired;

        bool at_what_happens() const
        {
            return std::holds_alternative<model::Immediate>(configuration->event.type) ||
                   std::holds_alternative<model::Startup>(configuration->event.type);
        }
        std::uint64_t triggers() const
        {
            if (const auto *once = std::get_if<model::OneOff>(&configuration->event.type))
                return once->time <= to ? 1 : 0;
            const auto *periodic = std::get_if<model::Periodic>(&configuration->event.type);
            if (periodic == nullptr)
                return fired;
            std::uint64_t count = 0;
            for (WallTime t = *periodic->start; t <= to && (!periodic->end || t < *periodic->end);
                 t += periodic->interval)
                count += t >= from ? 1 : 0;
            return count;
        }
        std::uint64_t planned_runs() const { return triggers() * configuration->schedule.actions.size(); }
    };

    static std::optional<Configuration> configuration(const model::Instruction &instruction, const std::string &name)
    {
        for (const model::Schedule &schedule : instruction.schedules) {
            if (schedule.name != name)
                continue;
            Configuration found{schedule, {}, {}};
            for (const model::Event &event : instruction.events) {
                if (event.name == schedule.start)
                    found.event = event;
            }
            for (const model::Action &action : schedule.actions) {
                for (const model::Task &task : instruction.tasks) {
                    if (task.name == action.task)
                        found.tasks.push_back(task);
                }
            }
            return found;
        }
        return std::nullopt;
    }

    std::map<std::string, Life> lives_;
    std::map<std::string, std::uint64_t> past_;
    std::uint64_t serial_ = 0;
};

class Simulation {
public:
    explicit Simulation(std::uint64_t seed) : world_(kMonday + 123'456'789ns, seed)
    {
        if (pick(3) == 0)
            world_.commit_time = std::chrono::milliseconds(pick(3000));
        const std::uint64_t longest = 1 + pick(200'000);
        world_.duration = [this, longest] { return std::chrono::milliseconds(pick(longest)); };
        instruction_ = random_instruction();
        oracle_.replace(instruction_, world_.now.wall);
        oracle_.start(world_.now.wall);
        world_.start(instruction_);
        check();
    }

    void step()
    {
        switch (pick(8)) {
        case 0:
            instruction_ = changed(instruction_);
            oracle_.replace(instruction_, world_.now.wall);
            world_.replace(instruction_);
            break;
        case 1:
            // What had triggered when the agent ended looks planned ahead if the clock is behind by then; a replaced
            // instruction would withdraw it, where the oracle counts it. So the clock first catches up.
            world_.crash(random_time(pick(2) == 0 ? 5s : 3h));
            world_.now.wall = std::max(world_.now.wall, highest_);
            if (pick(3) == 0)
                world_.now.wall += random_time(2h);
            oracle_.start(world_.now.wall);
            world_.start(instruction_);
            break;
        case 2:
            world_.set_clock(random_time(pick(2) == 0 ? 20s : 6h));
            break;
        case 3:
            world_.set_clock(-random_time(pick(2) == 0 ? 20s : 6h));
            break;
        case 4:
            world_.stand_still(random_time(pick(2) == 0 ? 3s : 1h));
            world_.advance();
            break;
        default:
            // The clock shows its highest value at the end.
            world_.run_for(random_time(20min));
        }
        check();
    }

    void finish()
    {
        oracle_.replace({}, world_.now.wall);
        world_.replace({});
        world_.run_for(1h);
        CHECK(world_.open_intents() == 0);
        CHECK(world_.progress.empty());
        for (const char *name : {"p", "q", "r", "s"})
            CHECK(world_.count(name) == oracle_.planned_runs(name));
    }

private:
    std::uint64_t pick(std::uint64_t below) { return world_.random() % below; }
    std::chrono::nanoseconds random_time(std::chrono::nanoseconds most)
    {
        return std::chrono::nanoseconds(1 + static_cast<std::int64_t>(pick(static_cast<std::uint64_t>(most.count()))));
    }

    model::Event random_event(const std::string &name)
    {
        const std::chrono::seconds intervals[] = {1s, 7s, 60s, 600s, 3600s};
        const std::chrono::seconds interval = intervals[pick(5)];
        const std::chrono::seconds spread(pick(3) == 0 ? 0
                                                       : pick(2 * static_cast<std::uint64_t>(interval.count()) + 1));
        const WallTime around = world_.now.wall + std::chrono::seconds(pick(7200)) - 1h;
        switch (pick(8)) {
        case 0:
            return event(name, model::Immediate{}, spread);
        case 1:
            return event(name, model::Startup{}, spread);
        case 2:
            return event(name, model::OneOff{around}, spread);
        case 3:
            return periodic(name, interval, spread, around, around + std::chrono::seconds(pick(7200)));
        default:
            return periodic(name, interval, spread, around);
        }
    }

    model::Instruction random_instruction()
    {
        std::vector<model::Schedule> schedules;
        for (const char *name : {"p", "q", "r", "s"}) {
            if (pick(4) != 0)
                schedules.push_back(
                    schedule_of(name, pick(2) == 0 ? "x" : "y", 1 + pick(3),
                                pick(2) == 0 ? model::ExecutionMode::parallel : model::ExecutionMode::sequential));
        }
        return instruction({random_event("x"), random_event("y")}, std::move(schedules));
    }

    model::Instruction changed(model::Instruction instruction)
    {
        switch (pick(5)) {
        case 0:
            return random_instruction();
        case 1:
            instruction.events[0] = random_event("x");
            return instruction;
        case 2:
            instruction.tasks[pick(3)].tags.emplace_back("changed");
            return instruction;
        case 3:
            if (!instruction.schedules.empty())
                instruction.schedules.erase(instruction.schedules.begin());
            return instruction;
        default:
            std::reverse(instruction.schedules.begin(), instruction.schedules.end());
            return instruction;
        }
    }

    void check()
    {
        oracle_.pass(world_.now.wall);
        highest_ = std::max(highest_, world_.now.wall);
        std::map<std::string, std::uint64_t> open;
        for (const auto &[id, saved] : world_.intents) {
            if (saved.intent.event > oracle_.reached(saved.intent.schedule))
                continue; // planned ahead
            const auto ended = std::count_if(saved.actions.begin(), saved.actions.end(),
                                             [](const SavedAction &action) { return action.ended; });
            open[saved.intent.schedule] += saved.intent.actions.size() - static_cast<std::size_t>(ended);
        }
        for (const char *name : {"p", "q", "r", "s"})
            REQUIRE(world_.count(name) + open[name] == oracle_.planned_runs(name));
        for (; checked_ < world_.started.size(); ++checked_) {
            const Started &started = world_.started[checked_];
            const std::string &name = started.intent.schedule;
            if (!oracle_.timed(name))
                continue;
            REQUIRE(fired_.emplace(name, oracle_.serial(name), started.intent.event, started.action).second);
            if (world_.commit_time == 0ns && started.action == 0)
                REQUIRE(started.at >= started.intent.due());
        }
    }

    World world_;
    Oracle oracle_;
    model::Instruction instruction_;
    WallTime highest_{};
    std::size_t checked_ = 0;
    std::set<std::tuple<std::string, std::uint64_t, WallTime, std::size_t>> fired_;
};

} // namespace

TEST_CASE("whatever happens, planned runs are the sum of outcomes and of what is open, and none fires twice [A5] [A13]")
{
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        INFO("seed " << seed);
        Simulation simulation(seed);
        for (int i = 0; i < 25; ++i) {
            INFO("step " << i);
            simulation.step();
        }
        simulation.finish();
    }
}
