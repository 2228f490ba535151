#include "schedule/world.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <variant>

namespace sonde::schedule::test {

model::Event periodic(const std::string &name, std::chrono::seconds interval, std::chrono::seconds spread,
                      std::optional<WallTime> start, std::optional<WallTime> end)
{
    return event(name, model::Periodic{interval, start, end}, spread);
}

model::Event event(const std::string &name, decltype(model::Event::type) type, std::chrono::seconds spread)
{
    model::Event event;
    event.name = name;
    event.type = type;
    if (spread != 0s)
        event.random_spread = spread;
    return event;
}

model::Schedule schedule_of(const std::string &name, const std::string &event, std::size_t actions,
                            model::ExecutionMode mode)
{
    model::Schedule schedule;
    schedule.name = name;
    schedule.start = event;
    schedule.execution_mode = mode;
    for (std::size_t i = 0; i < actions; ++i) {
        model::Action action;
        action.name = action.task = std::string(1, static_cast<char>('a' + i));
        schedule.actions.push_back(action);
    }
    return schedule;
}

model::Suppression suppression(const std::string &name, std::optional<std::string> start,
                               std::optional<std::string> end, bool stop_running)
{
    return {name, std::move(start), std::move(end), {"quiet"}, stop_running};
}

model::Instruction instruction(std::vector<model::Event> events, std::vector<model::Schedule> schedules,
                               std::vector<model::Suppression> suppressions)
{
    model::Instruction instruction;
    instruction.suppressions = std::move(suppressions);
    instruction.events = std::move(events);
    instruction.schedules = std::move(schedules);
    for (char name = 'a'; name <= 'e'; ++name)
        instruction.tasks.emplace_back().name = std::string(1, name);
    return instruction;
}

void must(bool holds, std::source_location where)
{
    if (!holds)
        throw std::logic_error("broken: " + std::string(where.file_name()) + ":" + std::to_string(where.line()));
}

World::World(WallTime wall, std::uint64_t seed) : agent{}, now{wall, MonotonicTime(1000s)}, random(seed)
{
    agent.data[0] = 7;
}

void World::start(const model::Instruction &instruction)
{
    engine = std::make_unique<Engine>(
        agent, [this] { return random(); }, zone);
    Saved saved;
    for (const auto &[id, intent] : intents)
        saved.intents.push_back(intent);
    for (const auto &[name, value] : progress)
        saved.progress.push_back(value);
    for (const auto &[name, value] : suppressions)
        saved.suppressions.push_back(value);
    saved.controller_lost = controller_lost;
    saved.last_alive = last_alive;
    carry_out(engine->start(instruction, saved, now), false);
}

void World::replace(const model::Instruction &instruction)
{
    carry_out(engine->replace(instruction, now), false);
}

void World::crash(std::chrono::nanoseconds down)
{
    engine.reset();
    endings_.clear();
    commits_.clear();
    answers_.clear();
    pass(down);
}

void World::set_clock(std::chrono::nanoseconds by)
{
    now.wall += by;
    advance();
}

void World::pass(std::chrono::nanoseconds time)
{
    now.wall +=
        wall_rate == 1 ? time : std::chrono::nanoseconds(std::llround(static_cast<double>(time.count()) * wall_rate));
    now.monotonic += time;
}

// By the monotonic clock.
std::chrono::nanoseconds World::until(WallTime wall) const
{
    const std::chrono::nanoseconds time = wall - now.wall;
    return wall_rate == 1 ? time
                          : std::chrono::nanoseconds(
                                static_cast<std::int64_t>(std::ceil(static_cast<double>(time.count()) / wall_rate)));
}

void World::run_for(std::chrono::nanoseconds time)
{
    MonotonicTime until = now.monotonic + time;
    while (true) {
        until = std::max(until, started_until_);
        MonotonicTime next = until;
        for (const Wakeup &wakeup : {engine->next_wakeup(), engine->ahead(ahead, now).next}) {
            if (wakeup.wall)
                next = std::min(next, now.monotonic + this->until(*wakeup.wall));
            if (wakeup.monotonic)
                next = std::min(next, *wakeup.monotonic);
        }
        if (!endings_.empty())
            next = std::min(next, endings_.begin()->first);
        if (!commits_.empty())
            next = std::min(next, commits_.begin()->first);
        if (!answers_.empty())
            next = std::min(next, answers_.begin()->first);
        pass(std::max(next - now.monotonic, std::chrono::nanoseconds(0)));
        if (next >= until)
            break;
        ++wakeups;
        must(wakeups < 10'000'000);
        if (!commits_.empty() && commits_.begin()->first <= now.monotonic) {
            const Uuid id = commits_.begin()->second;
            commits_.erase(commits_.begin());
            carry_out(engine->planned(id, now));
        } else if (!endings_.empty() && endings_.begin()->first <= now.monotonic) {
            const Ending ending = endings_.begin()->second;
            endings_.erase(endings_.begin());
            end(ending);
        } else if (!answers_.empty() && answers_.begin()->first <= now.monotonic) {
            const Uuid id = answers_.begin()->second;
            answers_.erase(answers_.begin());
            const std::string reason = not_met();
            carry_out(engine->checked(id, reason.empty(), reason, now));
        } else {
            carry_out(engine->advance_ahead(ahead, now));
        }
    }
    advance();
}

void World::perhaps_die() const
{
    if (!holding_ && dies && dies())
        throw Killed{};
}

void World::carry_out(const Decisions &decisions, bool dies_before)
{
    if (holding_) {
        note_reach(decisions);
        held_.insert(held_.end(), decisions.begin(), decisions.end());
        act(decisions);
        return;
    }
    if (dies_before)
        perhaps_die();
    note_reach(decisions);
    commit(decisions);
    act(decisions);
    tell_planned();
}

// What is held becomes durable in any case, and by then another instruction may be in force.
void World::note_reach(const Decisions &decisions)
{
    for (const Decision &decision : decisions) {
        if (const auto *reach = std::get_if<KeepController>(&decision))
            controller.push_back(*reach);
    }
}

void World::release()
{
    holding_ = false;
    commit(std::exchange(held_, {}));
    tell_planned();
}

void World::act(const Decisions &decisions)
{
    for (const Decision &decision : decisions) {
        perhaps_die();
        if (const auto *start = std::get_if<Start>(&decision)) {
            begin(*start);
        } else if (const auto *check = std::get_if<Check>(&decision)) {
            look(*check);
        } else if (const auto *stopping = std::get_if<Stop>(&decision)) {
            stop(*stopping);
        } else if (const auto *remark = std::get_if<Remark>(&decision)) {
            remarks.push_back(remark->message);
        }
    }
}

namespace {

// What is told decides what is to be told next, by this very loop and not within itself.
struct Telling {
    explicit Telling(bool &now) : told(now) { told = true; }
    ~Telling() { told = false; }
    Telling(const Telling &) = delete;
    Telling &operator=(const Telling &) = delete;
    bool &told;
};

} // namespace

void World::tell_planned()
{
    if (commit_time != 0ns || telling_)
        return;
    const Telling telling(telling_);
    while (!commits_.empty()) {
        const Uuid id = commits_.begin()->second;
        commits_.erase(commits_.begin());
        carry_out(engine->planned(id, now));
    }
}

void World::stop(const Stop &stop)
{
    stopped.push_back(stop);
    std::erase_if(answers_, [&stop](const auto &answer) { return answer.second == stop.intent; });
    const auto stops = [&stop](const auto &ending) {
        return ending.second.intent == stop.intent && (!stop.action || ending.second.action == *stop.action);
    };
    std::vector<Ending> stopping;
    for (auto it = endings_.begin(); (it = std::find_if(endings_.begin(), endings_.end(), stops)) != endings_.end();) {
        stopping.push_back(it->second);
        stopping.back().word = model::OutcomeWord::interrupted;
        endings_.erase(it);
    }
    for (const Ending &ending : stopping) {
        if (stop_time == 0ns)
            end(ending);
        else
            endings_.emplace(now.monotonic + stop_time, ending);
    }
}

void World::look(const Check &check)
{
    const auto saved = intents.find(check.intent);
    if (saved == intents.end())
        return; // given up within the same answer, which came late
    for (const SavedAction &action : saved->second.actions)
        must(!action.started);
    must(check.work->schedule.name == saved->second.intent.schedule);
    checks.push_back({check.intent, check.attempt, now.monotonic});
    answers_.emplace(now.monotonic + check_time, check.intent);
}

// In the order of the agent's spool: what is planned and closed within one change leaves nothing behind.
void World::commit(const Decisions &decisions)
{
    for (const Decision &decision : decisions) {
        const auto *plan = std::get_if<Plan>(&decision);
        if (plan == nullptr)
            continue;
        must(intents.emplace(plan->intent->id, SavedIntent{*plan->intent, {}}).second);
        commits_.emplace(now.monotonic + commit_time, plan->intent->id);
        ++planned;
    }
    for (const Decision &decision : decisions) {
        const auto *account = std::get_if<Account>(&decision);
        if (account == nullptr)
            continue;
        outcomes.insert(outcomes.end(), account->outcomes.begin(), account->outcomes.end());
        for (const model::Outcome &outcome : account->outcomes)
            mark_ended(outcome);
        for (const Prevented &one : account->prevented)
            prevented[{one.schedule, one.word}] += one.count;
        for (const Uuid &id : account->closed)
            must(intents.erase(id) == 1);
    }
    // Of these the last one holds.
    for (const Decision &decision : decisions) {
        if (const auto *plan = std::get_if<Plan>(&decision)) {
            progress[plan->progress.schedule] = plan->progress;
        } else if (const auto *account = std::get_if<Account>(&decision); account != nullptr && account->progress) {
            progress[account->progress->schedule] = *account->progress;
        } else if (const auto *forget = std::get_if<Forget>(&decision)) {
            progress.erase(forget->schedule);
        } else if (const auto *keep = std::get_if<KeepSuppression>(&decision)) {
            suppressions[keep->progress.suppression] = keep->progress;
        } else if (const auto *gone = std::get_if<ForgetSuppression>(&decision)) {
            suppressions.erase(gone->suppression);
        } else if (const auto *reach = std::get_if<KeepController>(&decision)) {
            controller_lost = reach->lost;
        } else if (const auto *counts = std::get_if<ForgetCounts>(&decision)) {
            counts_forgotten.push_back(counts->schedule);
        }
    }
}

// An outcome whose run is an intent's identity is that of its action which will not start.
void World::mark_ended(const model::Outcome &outcome)
{
    const auto saved = intents.find(outcome.run);
    if (saved == intents.end())
        return;
    const auto &names = saved->second.intent.actions;
    const auto number = static_cast<std::size_t>(std::find(names.begin(), names.end(), outcome.action) - names.begin());
    auto &actions = saved->second.actions;
    actions.resize(names.size());
    must(!actions.at(number).started);
    must(!actions.at(number).ended);
    actions.at(number).ended = true;
}

void World::begin(const Start &start)
{
    const auto saved = intents.find(start.intent->id);
    must(saved != intents.end()); // durable before it starts
    must(saved->second.intent == *start.intent);
    must(start.due <= now.monotonic + ahead);
    auto &actions = saved->second.actions;
    actions.resize(start.intent->actions.size());
    must(!actions[start.action].started);
    actions[start.action].started = true;
    actions[start.action].run = start.run;
    perhaps_die();
    const Now begins = later_of(now, start.due);
    started_until_ = begins.monotonic;
    started.push_back({*start.intent, start.action, begins.wall, begins.monotonic, start.due,
                       start.work->tasks.at(start.action).name});
    const model::OutcomeWord word = judge(start);
    endings_.emplace(begins.monotonic + (word == model::OutcomeWord::refused ? 0ns : duration()),
                     Ending{start.intent->id, start.action, start.run, word});
}

void World::end(const Ending &ending)
{
    SavedIntent &saved = intents.at(ending.intent);
    model::Outcome outcome;
    outcome.run = ending.run;
    outcome.schedule = saved.intent.schedule;
    outcome.action = saved.intent.actions[ending.action];
    outcome.word = ending.word;
    outcome.first_event = outcome.last_event = saved.intent.event;
    outcomes.push_back(outcome);
    saved.actions[ending.action].ended = true;
    perhaps_die();
    carry_out(engine->action_ended(ending.intent, ending.action, now));
}

std::uint64_t World::count(const std::string &schedule, std::optional<model::OutcomeWord> word) const
{
    std::uint64_t sum = 0;
    for (const model::Outcome &outcome : outcomes) {
        if ((schedule.empty() || outcome.schedule == schedule) && (!word || outcome.word == *word))
            sum += outcome.count;
    }
    return sum;
}

} // namespace sonde::schedule::test
