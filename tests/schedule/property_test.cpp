#include "schedule/oracle.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <tuple>

using namespace sonde;
using namespace sonde::schedule;
using namespace sonde::schedule::test;
using model::OutcomeWord;

namespace {

class Simulation {
public:
    explicit Simulation(std::uint64_t seed) : world_(kMonday + 123'456'789ns, seed)
    {
        if (pick(3) == 0)
            world_.commit_time = std::chrono::milliseconds(pick(3000));
        const std::uint64_t longest = 1 + pick(200'000);
        world_.duration = [this, longest] { return std::chrono::milliseconds(pick(longest)); };
        if (pick(2) == 0)
            world_.check_time = std::chrono::milliseconds(pick(20'000));
        world_.not_met = [this] { return pick(3) == 0 ? "" : "not now"; };
        if (pick(2) == 0)
            world_.dies = [this] { return pick(1000) == 0; };
        instruction_ = random_instruction();
        oracle_.replace(instruction_, world_.now.wall);
        start();
        check();
    }

    void step()
    {
        try {
            act();
        } catch (const Killed &) {
            restart(random_time(5s));
        }
        check();
    }

    void finish()
    {
        world_.dies = {};
        world_.advance();
        check();
        oracle_.replace({}, world_.now.wall);
        world_.replace({});
        world_.run_for(1h);
        CHECK(world_.open_intents() == 0);
        CHECK(world_.progress.empty());
        CHECK(world_.suppressions.empty());
        for (const char *name : {"p", "q", "r", "s"})
            CHECK(world_.count(name) == oracle_.planned_runs(name));
    }

    const World &world() const { return world_; }

private:
    void act()
    {
        switch (pick(10)) {
        case 0:
            world_.advance();
            check();
            if (pick(3) == 0)
                replace_twice();
            else
                replace();
            break;
        case 1:
            restart(random_time(pick(2) == 0 ? 5s : 3h));
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
        case 5:
        case 6:
            world_.contact();
            break;
        default:
            // The clock shows its highest value at the end.
            world_.run_for(random_time(20min));
        }
    }
    void replace()
    {
        check_started();
        oracle_.pass(world_.now.wall);
        instruction_ = changed(instruction_);
        oracle_.replace(instruction_, world_.now.wall);
        world_.replace(instruction_);
    }
    // Before the first one is durable, so that what it plans may be closed in the same change.
    void replace_twice()
    {
        world_.hold();
        replace();
        world_.stand_still(random_time(3s));
        world_.advance();
        replace();
        world_.release();
    }
    // What had triggered when the agent ended looks planned ahead if the clock is behind by then; a replaced
    // instruction would withdraw it, where the oracle counts it. So the clock first catches up.
    void restart(std::chrono::nanoseconds down)
    {
        world_.crash(down);
        oracle_.pass(world_.now.wall);
        hear();
        highest_ = std::max(highest_, world_.now.wall);
        world_.now.wall = highest_;
        if (pick(3) == 0)
            world_.now.wall += random_time(2h);
        start();
    }
    void start()
    {
        for (bool alive = false; !alive;) {
            oracle_.start(world_.now.wall);
            try {
                world_.start(instruction_);
                alive = true;
            } catch (const Killed &) {
                world_.crash();
            }
        }
    }
    void hear()
    {
        for (; heard_ < world_.controller.size(); ++heard_)
            oracle_.controller(world_.controller[heard_].lost);
    }
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
        switch (pick(13)) {
        case 8:
        case 9: {
            model::Calendar calendar;
            calendar.month = calendar.day_of_month = calendar.day_of_week = {true, 0};
            calendar.hour = {pick(4) != 0, random_values(24, 12)};
            calendar.minute = {pick(3) == 0, random_values(60, 5)};
            calendar.second.values = random_values(60, 3);
            return event(name, calendar, spread);
        }
        case 10:
            return event(name, model::ControllerLost{}, spread);
        case 11:
            return event(name, model::ControllerConnected{}, spread);
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

    std::uint64_t random_values(unsigned below, unsigned most)
    {
        std::uint64_t values = 0;
        for (auto drawn = 1 + pick(most); drawn > 0; --drawn)
            values |= std::uint64_t{1} << pick(below);
        return values;
    }

    model::Schedule random_schedule(const char *name)
    {
        model::Schedule schedule =
            schedule_of(name, pick(2) == 0 ? "x" : "y", 1 + pick(3),
                        pick(2) == 0 ? model::ExecutionMode::parallel : model::ExecutionMode::sequential);
        if (pick(4) == 0)
            schedule.end = "u";
        else if (pick(4) == 0)
            schedule.duration = std::chrono::seconds(pick(300));
        if (pick(3) == 0) {
            schedule.constraints = {{"result", model::MethodResult{"a", "t", "c", model::Comparison::less, "1"}}};
            schedule.retries = {static_cast<std::uint32_t>(pick(4)), std::chrono::seconds(pick(90))};
        }
        if (pick(3) == 0)
            schedule.suppression_tags = {"quiet"};
        if (pick(3) == 0)
            schedule.actions.back().suppression_tags = {"other"};
        return schedule;
    }

    model::Suppression random_suppression(const std::string &name, const std::string &match)
    {
        const auto either = [&](const char *event) {
            return pick(4) == 0 ? std::nullopt : std::optional<std::string>(event);
        };
        return {name, either("u"), either("v"), {match}, pick(2) == 0};
    }

    model::Instruction random_instruction()
    {
        std::vector<model::Schedule> schedules;
        for (const char *name : {"p", "q", "r", "s"}) {
            if (pick(4) != 0)
                schedules.push_back(random_schedule(name));
        }
        std::vector<model::Suppression> suppressions;
        if (pick(2) == 0)
            suppressions.push_back(random_suppression("m", "quiet"));
        if (pick(2) == 0)
            suppressions.push_back(random_suppression("n", "*"));
        auto made = instruction({random_event("x"), random_event("y"), random_event("u"), random_event("v")},
                                std::move(schedules), std::move(suppressions));
        if (pick(2) == 0)
            made.agent.controller_timeout = std::chrono::seconds(1 + pick(1200));
        return made;
    }

    model::Instruction changed(model::Instruction instruction)
    {
        switch (pick(5)) {
        case 0:
            return random_instruction();
        case 1:
            instruction.events[0] = random_event("x");
            instruction.events[2] = random_event("u");
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
        hear();
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
        check_started();
    }
    void check_started()
    {
        std::set<Uuid> checked;
        for (const Checked &check : world_.checks)
            checked.insert(check.intent);
        for (; seen_ < world_.started.size(); ++seen_) {
            const Started &started = world_.started[seen_];
            const std::string &name = started.intent.schedule;
            if (!oracle_.timed(name))
                continue;
            REQUIRE(fired_.emplace(name, oracle_.serial(name), started.intent.event, started.action).second);
            // While it waited for its constraints the clock may have been set back.
            if (world_.commit_time == 0ns && started.action == 0 && !checked.contains(started.intent.id))
                REQUIRE(started.at >= started.intent.due());
        }
    }

    World world_;
    Oracle oracle_;
    model::Instruction instruction_;
    WallTime highest_{};
    std::size_t seen_ = 0;
    std::size_t heard_ = 0;
    std::set<std::tuple<std::string, std::uint64_t, WallTime, std::size_t>> fired_;
};

} // namespace

TEST_CASE("whatever happens, planned runs are the sum of outcomes and of what is open, and none fires twice [A5] [A13]")
{
    std::map<OutcomeWord, std::uint64_t> words;
    std::size_t stopped = 0;
    std::size_t reach = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        Simulation simulation(seed);
        for (int i = 0; i < 25; ++i) {
            INFO("step " << i);
            simulation.step();
        }
        simulation.finish();
        for (const model::Outcome &outcome : simulation.world().outcomes)
            words[outcome.word] += 1;
        stopped += simulation.world().stopped.size();
        reach += simulation.world().controller.size();
    }
    // All of it has been there.
    for (const OutcomeWord word : {OutcomeWord::completed, OutcomeWord::suppressed, OutcomeWord::overlapped,
                                   OutcomeWord::not_met, OutcomeWord::interrupted, OutcomeWord::missed})
        CHECK(words[word] > 100);
    CHECK(stopped > 100);
    CHECK(reach > 50);
}
