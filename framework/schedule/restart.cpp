#include "schedule/engine.hpp"

#include "model/date_time.hpp"

#include <algorithm>

// What happens when an agent starts with what an earlier one has left, and when an instruction replaces another.
namespace sonde::schedule {

namespace {

constexpr const char *kReplaced = "the instruction was replaced";

std::string to_the_second(WallTime time)
{
    return model::format_date_time(std::chrono::floor<std::chrono::seconds>(time));
}

bool has_started(const SavedIntent &saved)
{
    return std::any_of(saved.actions.begin(), saved.actions.end(),
                       [](const SavedAction &action) { return action.started || action.ended; });
}

// What was planned and closed in the same answer need not be made durable.
void drop_closed_plans(Decisions &decisions)
{
    std::set<Uuid> closed;
    for (const Decision &decision : decisions) {
        if (const auto *account = std::get_if<Account>(&decision))
            closed.insert(account->closed.begin(), account->closed.end());
    }
    std::erase_if(decisions, [&closed](const Decision &decision) {
        const auto *plan = std::get_if<Plan>(&decision);
        return plan != nullptr && closed.contains(plan->intent->id);
    });
}

} // namespace

Decisions Engine::start(const model::Instruction &instruction, const Saved &saved, Now now)
{
    Decisions out;
    last_ = now;
    last_alive_ = saved.last_alive;
    set_controller_timeout(instruction);
    contacted_ = now.monotonic;
    controller_lost_ = saved.controller_lost;
    Sources sources;
    for (Work &work : works_of(instruction))
        add(std::move(work), sources);
    number_instances();
    for (const Progress &progress : saved.progress) {
        const auto found = instances_.find(progress.schedule);
        if (found == instances_.end() || found->second.work->fingerprint != progress.fingerprint)
            continue;
        found->second.fresh = false;
        found->second.next_from = progress.last_event + std::chrono::nanoseconds(1);
    }
    set_suppressors(instruction, &saved, now, out);
    std::map<std::string, Tally> missed;
    Before before;
    for (const SavedIntent &intent : saved.intents)
        if (has_started(intent))
            before.running.insert(intent.intent.schedule);
    for (const Progress &progress : saved.progress)
        before.planned_to.emplace(progress.schedule, progress.last_event);
    for (const SavedIntent &intent : saved.intents)
        restore(intent, now, before, missed, out);
    for (auto &[name, instance] : instances_)
        begin(instance, true, now, std::move(missed[name]), out);
    for (const Progress &progress : saved.progress)
        forget_unless_planned(progress.schedule, out);
    return out;
}

void Engine::restore(const SavedIntent &saved, Now now, const Before &before, std::map<std::string, Tally> &missed,
                     Decisions &out)
{
    const model::Intent &intent = saved.intent;
    const auto found = instances_.find(intent.schedule);
    const bool in_force = found != instances_.end() && !found->second.fresh;
    const bool clock_is_set = now.wall >= kClockIsSet;
    if (has_started(saved))
        account_saved(saved, {model::OutcomeWord::interrupted, model::Blame::agent, "the agent ended while it ran"},
                      out);
    else if (in_force && last_alive_ && intent.due() <= *last_alive_ && before.running.contains(intent.schedule))
        settle_one(found->second, intent, overlapping(), out);
    else if (in_force && clock_is_set && intent.due() < now.wall && last_alive_ && intent.due() <= *last_alive_)
        settle_one(found->second, intent,
                   {model::OutcomeWord::missed, model::Blame::agent, "the agent ended before it could start"}, out);
    else if (in_force && clock_is_set && intent.due() < now.wall)
        missed[intent.schedule].add(intent);
    else if (in_force)
        wait_for(found->second, std::make_shared<const model::Intent>(intent), true, now);
    else if (is_planned_ahead(intent, now, before))
        out.push_back(Account{{}, {intent.id}, std::nullopt});
    else
        account_saved(saved, {model::OutcomeWord::missed, model::Blame::unknown, kReplaced}, out);
}

bool Engine::is_planned_ahead(const model::Intent &intent, Now now, const Before &before) const
{
    const auto planned_to = before.planned_to.find(intent.schedule);
    const bool was_ahead = planned_to != before.planned_to.end() && planned_to->second == intent.event;
    const bool is_past = now.wall >= kClockIsSet && intent.event < now.wall;
    return was_ahead && !is_past && !(last_alive_ && intent.event <= *last_alive_);
}

void Engine::settle_one(Instance &instance, const model::Intent &intent, const Reason &reason, Decisions &out)
{
    Tally one;
    one.add(intent);
    Account account;
    settle(instance, one, reason, account);
    out.push_back(std::move(account));
}

void Engine::account_saved(const SavedIntent &saved, const Reason &reason, Decisions &out)
{
    Account account;
    account.closed.push_back(saved.intent.id);
    for (std::size_t i = 0; i < saved.intent.actions.size(); ++i) {
        const SavedAction action = i < saved.actions.size() ? saved.actions[i] : SavedAction{};
        if (action.ended)
            continue;
        model::Outcome outcome;
        outcome.run = action.started ? action.run : draw_uuid(random_);
        outcome.schedule = saved.intent.schedule;
        outcome.action = saved.intent.actions[i];
        outcome.task = action.task;
        outcome.word = reason.word;
        outcome.blame = reason.blame;
        outcome.message = action.started || reason.word == model::OutcomeWord::missed
                              ? reason.message
                              : "the agent ended before it was this action's turn";
        outcome.first_event = outcome.last_event = saved.intent.event;
        outcome.start = action.start;
        outcome.rows = action.rows;
        account.outcomes.push_back(std::move(outcome));
    }
    out.push_back(std::move(account));
}

std::string Engine::down(bool starting, Now now) const
{
    return "the agent was not running" + (last_alive_ ? " from " + to_the_second(*last_alive_) + " to " : " until ") +
           to_the_second(now.wall) + (starting ? "" : ", or its clock was not set");
}

void Engine::begin(Instance &instance, bool starting, Now now, Tally missed, Decisions &out)
{
    // An agent that was there before has been configured before.
    if (instance.end && instance.fresh && !instance.ends && (!starting || !last_alive_))
        instance.ends = instance.end->on(Happening::configured, now, random_);
    if (instance.end && starting && !instance.ends)
        instance.ends = instance.end->on(Happening::started, now, random_);
    const std::function<Reason()> reason = [&, fresh = instance.fresh] {
        return fresh ? Reason{model::OutcomeWord::missed, model::Blame::unknown,
                              "its time had passed when the instruction came into force"}
                     : Reason{model::OutcomeWord::missed, model::Blame::agent, down(starting, now)};
    };
    if (instance.start->timing().timed()) {
        if (now.wall < kClockIsSet) {
            clockless_.insert(instance.work->schedule.name);
            return;
        }
        if (instance.fresh) {
            instance.next_from = instance.start->timing().once() ? WallTime::min() : now.wall;
        } else {
            // By a clock that is behind, what has triggered looks planned ahead.
            const WallTime last = instance.next_from - std::chrono::nanoseconds(1);
            if (last >= now.wall && !(last_alive_ && last <= *last_alive_))
                set_head(instance, last);
            clock_set_back(instance, now, out);
        }
        catch_up(instance, now.wall, now, std::move(missed), reason, out);
        if (instance.fresh) {
            // It has no trigger left. A later start must not take it for new, and fire if the clock is behind by then.
            instance.fresh = false;
            instance.next_from = now.wall;
            const WallTime last = now.wall - std::chrono::nanoseconds(1);
            out.push_back(Account{{}, {}, Progress{instance.work->schedule.name, instance.work->fingerprint, last}});
        }
        return;
    }
    if (missed.count > 0) {
        Account account;
        settle(instance, missed, reason(), account);
        out.push_back(std::move(account));
    }
    const std::optional<Happening> happening = instance.start->happening();
    if ((happening == Happening::started && starting) || (happening == Happening::configured && instance.fresh))
        plan(instance, now.wall, now, out);
}

Decisions Engine::replace(const model::Instruction &instruction, Now now)
{
    // What triggers at this very instant belongs to the new instruction.
    Decisions out = advance({now.wall - std::chrono::nanoseconds(1), now.monotonic - std::chrono::nanoseconds(1)});
    std::map<std::string, Work> asked;
    for (Work &work : works_of(instruction))
        asked.emplace(work.schedule.name, std::move(work));
    std::vector<std::string> gone;
    for (const auto &[name, instance] : instances_) {
        const auto same = asked.find(name);
        if (same != asked.end() && same->second.fingerprint == instance.work->fingerprint)
            asked.erase(same);
        else
            gone.push_back(name);
    }
    for (const std::string &name : gone) {
        remove(name, out);
        out.push_back(ForgetCounts{name});
    }
    set_controller_timeout(instruction);
    set_suppressors(instruction, nullptr, now, out);
    std::vector<Instance *> added;
    Sources sources;
    for (auto &[name, work] : asked)
        added.push_back(&add(std::move(work), sources));
    number_instances();
    for (Instance *instance : added)
        begin(*instance, false, now, {}, out);
    for (const std::string &name : gone)
        forget_unless_planned(name, out);
    drop_closed_plans(out);
    return out;
}

void Engine::forget_unless_planned(const std::string &name, Decisions &out) const
{
    const auto found = instances_.find(name);
    if (found == instances_.end() || found->second.fresh)
        out.push_back(Forget{name});
}

Engine::Instance &Engine::add(Work work, Sources &sources)
{
    const auto source_of = [&](const std::shared_ptr<const model::Event> &event) {
        std::shared_ptr<const Source> &source = sources[event.get()];
        if (event && !source)
            source = std::make_shared<const Source>(*event, agent_id_, zone_);
        return source;
    };
    Instance &instance = instances_[work.schedule.name];
    instance.start = source_of(work.event);
    instance.end = source_of(work.end);
    instance.work = std::make_shared<const Work>(std::move(work));
    return instance;
}

// Those that were there keep their order.
void Engine::number_instances()
{
    std::size_t place = 0;
    for (auto &[name, instance] : instances_)
        instance.place = place++;
}

void Engine::remove(const std::string &name, Decisions &out)
{
    Instance &instance = instances_.at(name);
    Account account;
    settle_overlapped(instance, account);
    Tally missed;
    for (const Uuid &id : std::vector<Uuid>(instance.pending)) {
        const Intent intent = take(id);
        if (instance.head == intent->event)
            account.closed.push_back(id);
        else
            missed.add(*intent);
    }
    settle(instance, missed, {model::OutcomeWord::missed, model::Blame::unknown, kReplaced}, account);
    if (instance.running != nullptr) {
        Running &run = *instance.running;
        run.of = nullptr;
        if (run.waiting)
            give_up(run, {model::OutcomeWord::missed, model::Blame::unknown, kReplaced}, out);
        else
            cut(run,
                {model::OutcomeWord::interrupted, model::Blame::unknown,
                 std::string(kReplaced) + " before it was this action's turn"},
                kReplaced, out);
    }
    if (!account.closed.empty() || !account.outcomes.empty())
        out.push_back(std::move(account));
    set_head(instance, std::nullopt);
    clockless_.erase(name);
    instances_.erase(name);
}

} // namespace sonde::schedule
