#include "schedule/engine.hpp"

#include "model/date_time.hpp"

#include <algorithm>
#include <utility>

// How time passes: planning and triggers. The runs are in runs.cpp, suppressions and the Controller in states.cpp, what
// happens at a start and at a new instruction in restart.cpp.
namespace sonde::schedule {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// A difference between the clocks below this is the adjusting and reading of them, and no step.
constexpr nanoseconds kStep = seconds(1);
// See the rules at Engine.
constexpr nanoseconds kSilentAtMost = std::chrono::hours(24);

nanoseconds late_at_most(const Timing &timing)
{
    return std::min(kLateAtMost, timing.interval());
}

} // namespace

Engine::Engine(Uuid agent_id, Random random, Zone zone) : agent_id_(agent_id), random_(std::move(random)), zone_(zone)
{
}

Decisions Engine::advance(Now now)
{
    Decisions out;
    const nanoseconds stepped = last_ ? (now.wall - last_->wall) - (now.monotonic - last_->monotonic) : nanoseconds(0);
    last_ = now;
    if (now.wall >= kClockIsSet)
        advance_wall(now, stepped, out);
    advance_monotonic(now, out);
    return out;
}

void Engine::advance_monotonic(Now now, Decisions &out)
{
    if (controller_timeout_ && !controller_lost_ && now.monotonic - contacted_ >= *controller_timeout_) {
        controller_lost_ = true;
        out.push_back(KeepController{true, now.wall});
        happen(Happening::controller_lost, now, out);
    }
    if (next_suppression_.monotonic && *next_suppression_.monotonic <= now.monotonic) {
        for (auto &[name, suppressor] : suppressors_)
            fire_due(suppressor, WallTime::min(), now.monotonic, out);
    }
    while (!monotonic_ends_.empty() && monotonic_ends_.begin()->first <= now.monotonic) {
        Running &run = running_.at(monotonic_ends_.begin()->second);
        if (run.until && *run.until <= now.monotonic)
            end_run(run, "its duration of " + std::to_string(run.work->schedule.duration->count()) + " s was over",
                    out);
        else
            end_run(run, "its end event '" + *run.work->schedule.end + "' came", out);
    }
    while (!retries_.empty() && retries_.begin()->first <= now.monotonic) {
        Running &run = running_.at(retries_.begin()->second);
        retries_.erase(retries_.begin());
        run.waiting->again.reset();
        check(run, out);
    }
    while (!monotonic_dues_.empty() && monotonic_dues_.begin()->due <= now.monotonic.time_since_epoch()) {
        Pending &pending = *monotonic_dues_.begin();
        pending.by_due.unlink();
        due(pending, MonotonicTime(pending.due), now, out);
    }
}

void Engine::advance_wall(Now now, nanoseconds stepped, Decisions &out)
{
    for (const std::string &name : std::exchange(clockless_, {}))
        begin(instances_.at(name), false, now, {}, out);
    if (stepped < -kStep) {
        for (auto &[name, instance] : instances_)
            clock_set_back(instance, now, out);
        states_set_back(now, out);
    }
    if (next_suppression_.wall && *next_suppression_.wall < now.wall - kLateAtMost)
        states_pass_over(now, out);
    const std::function<Reason()> late = [stepped] {
        return stepped > kStep
                   ? Reason{model::OutcomeWord::missed, model::Blame::platform,
                            "the clock was set forward, or the machine slept, by " +
                                std::to_string(std::chrono::ceil<seconds>(stepped).count()) + " s"}
                   : Reason{model::OutcomeWord::missed, model::Blame::agent, "the agent did not get to it in time"};
    };
    std::map<Instance *, Tally> missed;
    while (!wall_dues_.empty() && wall_dues_.begin()->due <= now.wall.time_since_epoch()) {
        Pending &pending = *wall_dues_.begin();
        const WallTime time(pending.due);
        switch_until(time, out);
        pending.by_due.unlink();
        if (pending.durable && time < now.wall - late_at_most(pending.of->start->timing()))
            missed[pending.of].add(*pending.intent);
        else
            due(pending, now.monotonic - (now.wall - time), now, out);
    }
    switch_until(now.wall, out);
    while (!heads_.empty() && heads_.begin()->head <= now.wall) {
        Instance &instance = *heads_.begin();
        auto passed = missed.extract(&instance);
        catch_up(instance, now.wall - late_at_most(instance.start->timing()), now,
                 passed ? std::move(passed.mapped()) : Tally{}, late, out);
    }
    for (const auto &[instance, tally] : missed) {
        Account account;
        settle(*instance, tally, late(), account);
        out.push_back(std::move(account));
    }
}

void Engine::catch_up(Instance &instance, WallTime punctual, Now now, Tally missed,
                      const std::function<Reason()> &reason, Decisions &out)
{
    Account account;
    const Timing &timing = instance.start->timing();
    if (const auto passed = timing.between(instance.next_from, punctual)) {
        missed.add(*passed);
        instance.next_from = passed->last + nanoseconds(1);
        instance.fresh = false;
        account.progress = Progress{instance.work->schedule.name, instance.work->fingerprint, passed->last};
    }
    if (missed.count > 0) {
        settle(instance, missed, reason(), account);
        out.push_back(std::move(account));
    }
    while (!instance.head || *instance.head <= now.wall) {
        const std::optional<WallTime> next = timing.first_from(instance.next_from);
        set_head(instance, next);
        if (!next) {
            if (!instance.pending.empty() || instance.running != nullptr)
                out.push_back(Account{{}, {}, all_have_triggered(instance)});
            break;
        }
        remark(instance, *next, out);
        instance.next_from = *next + nanoseconds(1);
        plan(instance, *next, now, out);
    }
}

// What else would tell it of the last trigger, which has not started, is the clock; and that may be set back.
Progress Engine::all_have_triggered(Instance &instance)
{
    const WallTime after = instance.next_from;
    instance.next_from = after + nanoseconds(1);
    return {instance.work->schedule.name, instance.work->fingerprint, after};
}

void Engine::remark(const Instance &instance, WallTime next, Decisions &out) const
{
    for (const ClockChange &change : instance.start->timing().changes(instance.next_from, next)) {
        const std::string times = std::to_string(change.triggers) + (change.triggers == 1 ? " time" : " times");
        out.push_back(
            Remark{instance.work->schedule.name,
                   "local time in " + zone_.name() + " jumps at " + model::format_date_time(change.at) + ": " + times +
                       " of event '" + instance.work->event->name + "' " +
                       (change.forward ? "skipped, nothing triggers then" : "repeated, each triggers twice")});
    }
}

void Engine::clock_set_back(Instance &instance, Now now, Decisions &out)
{
    // The triggers that would be repeated, without the one that is only planned ahead.
    const Timing &timing = instance.start->timing();
    const auto repeated = timing.between(now.wall, instance.next_from - nanoseconds(1));
    if (timing.once() || !repeated || repeated->last <= now.wall + kSilentAtMost)
        return;
    Account account;
    Tally waiting;
    for (const Uuid &id : std::vector<Uuid>(instance.pending)) {
        const Pending &pending = pending_.at(id);
        if (instance.head == pending.intent->event) {
            take(id);
            account.closed.push_back(id);
        } else if (pending.intent->event > now.wall && !pending.is_due) {
            waiting.add(*pending.intent);
        }
    }
    settle(instance, waiting,
           {model::OutcomeWord::missed, model::Blame::platform, "the clock was set back by more than a day"}, account);
    if (!account.closed.empty())
        out.push_back(std::move(account));
    instance.next_from = now.wall;
    set_head(instance, std::nullopt);
    catch_up(
        instance, now.wall, now, {}, [] { return Reason{}; }, out); // nothing has passed
}

void Engine::plan(Instance &instance, WallTime event, Now now, Decisions &out)
{
    const Work &work = *instance.work;
    auto intent = std::make_shared<model::Intent>();
    intent->id = draw_uuid(random_);
    intent->schedule = work.schedule.name;
    intent->actions.reserve(work.schedule.actions.size());
    for (const model::Action &action : work.schedule.actions)
        intent->actions.push_back(action.name);
    intent->event = event;
    intent->spread = draw_spread(random_, work.event->random_spread.value_or(seconds(0)));
    if (work.event->cycle_interval && work.event->cycle_interval->count() > 0)
        intent->cycle_number = model::cycle_number(event, *work.event->cycle_interval);
    wait_for(instance, intent, false, now);
    instance.fresh = false;
    const WallTime planned_to = instance.start->timing().timed() ? event : event + nanoseconds(1);
    out.push_back(Plan{std::move(intent), Progress{work.schedule.name, work.fingerprint, planned_to}});
}

void Engine::wait_for(Instance &instance, Intent intent, bool durable, Now now)
{
    const bool timed = instance.start->timing().timed();
    // The spread bounds the wait of a restored intent whose clock was set back while the agent was down.
    const nanoseconds due = timed
                                ? intent->due().time_since_epoch()
                                : now.monotonic.time_since_epoch() + std::min(intent->due() - now.wall, intent->spread);
    instance.pending.push_back(intent->id);
    Pending &pending = pending_.try_emplace(intent->id, Pending{intent, &instance, due, durable}).first->second;
    Dues &dues = timed ? wall_dues_ : monotonic_dues_;
    dues.insert(dues.end(), pending);
}

void Engine::set_head(Instance &instance, std::optional<WallTime> head)
{
    instance.by_head.unlink();
    instance.head = head;
    if (head)
        heads_.insert(heads_.end(), instance);
}

Decisions Engine::planned(const Uuid &intent, Now now)
{
    Decisions out = advance(now);
    const auto found = pending_.find(intent);
    if (found == pending_.end())
        return out;
    Pending &pending = found->second;
    pending.durable = true;
    if (!pending.is_due)
        return out;
    // The clock may have been set back behind its time since it was due.
    const nanoseconds late = std::max(now.wall - pending.intent->due(), nanoseconds(0));
    const bool timed = pending.of->start->timing().timed();
    due(pending, timed ? now.monotonic - late : MonotonicTime(pending.due), now, out);
    return out;
}

void Engine::settle(Instance &instance, const Tally &tally, const Reason &reason, Account &account)
{
    if (tally.count == 0)
        return;
    for (std::size_t i = 0; i < instance.work->tasks.size(); ++i)
        account.outcomes.push_back(outcome_of(*instance.work, i, tally, reason, random_));
    if (reason.word == model::OutcomeWord::suppressed || reason.word == model::OutcomeWord::overlapped)
        account.prevented.push_back({instance.work->schedule.name, reason.word, tally.count});
    for (const Uuid &id : tally.intents) {
        take(id);
        account.closed.push_back(id);
    }
}

void Engine::settle_overlapped(Instance &instance, Account &account)
{
    const Tally overlapped = std::exchange(instance.overlapped, {});
    settle(instance, overlapped, overlapping(), account);
}

Engine::Intent Engine::take(const Uuid &id)
{
    const auto found = pending_.find(id);
    if (found == pending_.end())
        return nullptr;
    Intent intent = std::move(found->second.intent);
    std::erase(found->second.of->pending, id);
    pending_.erase(found);
    return intent;
}

} // namespace sonde::schedule
