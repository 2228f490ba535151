#include "schedule/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sonde::schedule::test {

Simulation::Simulation(std::uint64_t seed, Pick pick) : pick_(std::move(pick)), world_(kMonday + 123'456'789ns, seed)
{
    if (seed % 2 == 0)
        world_.ahead = 5ms;
    if (pick_(3) == 0)
        world_.commit_time = std::chrono::milliseconds(pick_(3000));
    const std::uint64_t longest = 1 + pick_(200'000);
    world_.duration = [this, longest] { return std::chrono::milliseconds(pick_(longest)); };
    if (pick_(2) == 0)
        world_.check_time = std::chrono::milliseconds(pick_(20'000));
    world_.not_met = [this] { return pick_(3) == 0 ? "" : "not now"; };
    if (pick_(2) == 0)
        world_.dies = [this] { return pick_(1000) == 0; };
    instruction_ = random_instruction();
    oracle_.replace(instruction_, world_.now.wall);
    start();
    check();
}

void Simulation::step()
{
    try {
        act();
    } catch (const Killed &) {
        restart(random_time(5s));
    }
    check();
}

void Simulation::finish()
{
    world_.dies = {};
    world_.advance();
    check();
    oracle_.replace({}, world_.now.wall);
    world_.replace({});
    world_.run_for(1h);
    must(world_.open_intents() == 0);
    must(world_.progress.empty());
    must(world_.suppressions.empty());
    for (const char *name : {"p", "q", "r", "s"})
        must(world_.count(name) == oracle_.planned_runs(name));
}

void Simulation::act()
{
    switch (pick_(10)) {
    case 0:
        world_.advance();
        check();
        if (pick_(3) == 0)
            replace_twice();
        else
            replace();
        break;
    case 1: {
        const std::chrono::nanoseconds down = random_time(pick_(2) == 0 ? 5s : 3h);
        restart(down, pick_(3) == 0);
        break;
    }
    case 2:
        world_.set_clock(random_time(pick_(2) == 0 ? 20s : 6h));
        break;
    case 3:
        world_.set_clock(-random_time(pick_(2) == 0 ? 20s : 6h));
        break;
    case 4:
        world_.stand_still(random_time(pick_(2) == 0 ? 3s : 1h));
        world_.advance();
        check_controller();
        break;
    case 5:
    case 6:
        world_.contact();
        hear();
        must(!lost_);
        contacted_ = world_.now.monotonic;
        break;
    default:
        // The clock shows its highest value at the end.
        world_.run_for(random_time(20min));
        check_controller();
    }
}

void Simulation::replace()
{
    check_started();
    oracle_.pass(world_.now.wall);
    hear();
    instruction_ = changed(instruction_);
    oracle_.replace(instruction_, world_.now.wall);
    world_.replace(instruction_);
}

// Before the first one is durable, so that what it plans may be closed in the same change.
void Simulation::replace_twice()
{
    world_.hold();
    replace();
    world_.stand_still(random_time(3s));
    world_.advance();
    replace();
    world_.release();
}

void Simulation::restart(std::chrono::nanoseconds down, bool replaced)
{
    world_.last_alive = world_.now.wall;
    // What was started ahead is due by then, so that the oracle has heard of it.
    world_.crash(std::max(down, world_.ahead));
    hear();
    if (pick_(3) == 0)
        world_.now.wall += random_time(2h);
    if (replaced)
        replace_while_down();
    start();
}

// Of the former instruction the agent knows what it has planned, and no trigger beyond that.
void Simulation::replace_while_down()
{
    check_started();
    std::map<std::string, std::uint64_t> ahead;
    for (const auto &[id, saved] : world_.intents) {
        const bool has_started = !saved.actions.empty();
        if (saved.intent.event > oracle_.reached(saved.intent.schedule) &&
            (saved.intent.event < world_.now.wall || has_started))
            ahead[saved.intent.schedule] += saved.intent.actions.size();
    }
    instruction_ = changed(instruction_);
    oracle_.replace(instruction_, world_.now.wall, std::move(ahead));
}

void Simulation::start()
{
    for (bool alive = false; !alive;) {
        oracle_.start(world_.now.wall);
        contacted_ = world_.now.monotonic;
        try {
            world_.start(instruction_);
            alive = true;
        } catch (const Killed &) {
            world_.crash();
        }
    }
}

void Simulation::hear()
{
    for (; heard_ < world_.controller.size(); ++heard_) {
        const bool lost = world_.controller[heard_].lost;
        must(lost != lost_);
        must(!lost || is_controller_silent());
        lost_ = lost;
        oracle_.controller(lost);
    }
}

bool Simulation::is_controller_silent() const
{
    const auto &timeout = instruction_.agent.controller_timeout;
    return timeout && world_.now.monotonic - contacted_ >= std::max(*timeout, std::chrono::seconds(3));
}

// When the engine has seen all of the time.
void Simulation::check_controller()
{
    hear();
    must(lost_ || !is_controller_silent());
}

std::chrono::nanoseconds Simulation::random_time(std::chrono::nanoseconds most)
{
    return std::chrono::nanoseconds(1 + static_cast<std::int64_t>(pick_(static_cast<std::uint64_t>(most.count()))));
}

model::Event Simulation::random_event(const std::string &name)
{
    const std::chrono::seconds intervals[] = {1s, 7s, 60s, 600s, 3600s};
    const std::chrono::seconds interval = intervals[pick_(5)];
    const std::chrono::seconds spread(pick_(3) == 0 ? 0 : pick_(2 * static_cast<std::uint64_t>(interval.count()) + 1));
    const WallTime around = world_.now.wall + std::chrono::seconds(pick_(7200)) - 1h;
    switch (pick_(13)) {
    case 8:
    case 9: {
        model::Calendar calendar;
        calendar.month = calendar.day_of_month = calendar.day_of_week = {true, 0};
        calendar.hour = {pick_(4) != 0, random_values(24, 12)};
        calendar.minute = {pick_(3) == 0, random_values(60, 5)};
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
        return periodic(name, interval, spread, around, around + std::chrono::seconds(pick_(7200)));
    default:
        return periodic(name, interval, spread, pick_(4) == 0 ? std::nullopt : std::optional(around));
    }
}

std::uint64_t Simulation::random_values(unsigned below, unsigned most)
{
    std::uint64_t values = 0;
    for (auto drawn = 1 + pick_(most); drawn > 0; --drawn)
        values |= std::uint64_t{1} << pick_(below);
    return values;
}

model::Schedule Simulation::random_schedule(const char *name)
{
    // One after the other: compilers differ in the order in which they ask for a call's arguments.
    const char *start = pick_(2) == 0 ? "x" : "y";
    const std::size_t actions = 1 + pick_(3);
    const auto mode = pick_(2) == 0 ? model::ExecutionMode::parallel : model::ExecutionMode::sequential;
    model::Schedule schedule = schedule_of(name, start, actions, mode);
    if (pick_(4) == 0)
        schedule.end = "u";
    else if (pick_(4) == 0)
        schedule.duration = std::chrono::seconds(pick_(300));
    if (pick_(3) == 0) {
        schedule.constraints = {{"result", model::MethodResult{"a", "t", "c", model::Comparison::less, "1"}}};
        schedule.retries = {static_cast<std::uint32_t>(pick_(4)), std::chrono::seconds(pick_(90))};
    }
    if (pick_(3) == 0)
        schedule.suppression_tags = {"quiet"};
    if (pick_(3) == 0)
        schedule.actions.back().suppression_tags = {"other"};
    return schedule;
}

model::Suppression Simulation::random_suppression(const std::string &name, const std::string &match)
{
    const auto either = [&](const char *event) {
        return pick_(4) == 0 ? std::nullopt : std::optional<std::string>(event);
    };
    return {name, either("u"), either("v"), {match}, pick_(2) == 0};
}

model::Instruction Simulation::random_instruction()
{
    std::vector<model::Schedule> schedules;
    for (const char *name : {"p", "q", "r", "s"}) {
        if (pick_(4) != 0)
            schedules.push_back(random_schedule(name));
    }
    std::vector<model::Suppression> suppressions;
    if (pick_(2) == 0)
        suppressions.push_back(random_suppression("m", "quiet"));
    if (pick_(2) == 0)
        suppressions.push_back(random_suppression("n", "*"));
    auto made = instruction({random_event("x"), random_event("y"), random_event("u"), random_event("v")},
                            std::move(schedules), std::move(suppressions));
    if (pick_(2) == 0)
        made.agent.controller_timeout = std::chrono::seconds(1 + pick_(1200));
    return made;
}

model::Instruction Simulation::changed(model::Instruction instruction)
{
    switch (pick_(5)) {
    case 0:
        return random_instruction();
    case 1:
        instruction.events[0] = random_event("x");
        instruction.events[2] = random_event("u");
        return instruction;
    case 2:
        instruction.tasks[pick_(3)].tags.emplace_back("changed");
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

void Simulation::check()
{
    oracle_.pass(world_.now.wall);
    hear();
    std::map<std::string, std::uint64_t> open;
    for (const auto &[id, saved] : world_.intents) {
        if (saved.intent.event > oracle_.reached(saved.intent.schedule))
            continue; // planned ahead
        const auto ended = std::count_if(saved.actions.begin(), saved.actions.end(),
                                         [](const SavedAction &action) { return action.ended; });
        open[saved.intent.schedule] += saved.intent.actions.size() - static_cast<std::size_t>(ended);
    }
    for (const char *name : {"p", "q", "r", "s"})
        must(world_.count(name) + open[name] == oracle_.planned_runs(name));
    check_started();
}

void Simulation::check_started()
{
    std::set<Uuid> checked;
    for (const Checked &check : world_.checks)
        checked.insert(check.intent);
    for (; seen_ < world_.started.size(); ++seen_) {
        const Started &started = world_.started[seen_];
        const std::string &name = started.intent.schedule;
        if (!oracle_.timed(name))
            continue;
        must(fired_.emplace(name, oracle_.serial(name), started.intent.event, started.action).second);
        // While it waited for its constraints the clock may have been set back.
        if (world_.commit_time == 0ns && started.action == 0 && !checked.contains(started.intent.id))
            must(started.at >= started.intent.due());
    }
}

} // namespace sonde::schedule::test
