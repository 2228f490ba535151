#include "schedule/engine.hpp"

#include <algorithm>
#include <utility>

// Runs of schedules: how one begins, goes on from action to action, and ends.
namespace sonde::schedule {

namespace {

// A range of overlapped triggers that is told before the run ends: an intent each waits for it.
constexpr std::uint64_t kOverlappedMax = 100;
constexpr std::chrono::minutes kOverlappedFor{10};

} // namespace

Decisions Engine::advance_ahead(std::chrono::nanoseconds lead, Now now)
{
    Decisions out = advance(now);
    const auto start = [&](Dues &dues, auto from) {
        for (auto next = dues.begin(); next != dues.end();) {
            Pending &pending = *next++;
            const std::chrono::nanoseconds left = decltype(from)(pending.due) - from;
            if (left > lead)
                return;
            if (!will_start(pending, {now.wall + left, now.monotonic + left}))
                continue;
            pending.by_due.unlink();
            due(pending, now.monotonic + left, now, out);
        }
    };
    start(wall_dues_, now.wall);
    start(monotonic_dues_, now.monotonic);
    return out;
}

bool Engine::will_start(const Pending &pending, Now then) const
{
    const Instance &instance = *pending.of;
    const model::Schedule &schedule = instance.work->schedule;
    const bool same_suppressions = !(next_suppression_.wall && *next_suppression_.wall <= then.wall) &&
                                   !(next_suppression_.monotonic && *next_suppression_.monotonic <= then.monotonic);
    return pending.durable && instance.running == nullptr && schedule.constraints.empty() && same_suppressions &&
           suppressing(schedule.suppression_tags) == nullptr;
}

void Engine::due(Pending &pending, MonotonicTime since, Now now, Decisions &out)
{
    pending.is_due = true;
    if (!pending.durable)
        return;
    Instance &instance = *pending.of;
    if (const Suppressor *suppressor = suppressing(instance.work->schedule.suppression_tags)) {
        settle_one(instance, *Intent(pending.intent), suppressed_by(*suppressor), out);
        return;
    }
    if (instance.running) {
        instance.overlapped.add(*pending.intent);
        const Tally &overlapped = instance.overlapped;
        if (overlapped.count >= kOverlappedMax || overlapped.last - overlapped.first >= kOverlappedFor) {
            Account account;
            settle_overlapped(instance, account);
            out.push_back(std::move(account));
        }
        return;
    }
    Intent intent = take(pending.intent->id);
    Running &run = running_[intent->id];
    run.intent = std::move(intent);
    run.of = &instance;
    run.work = instance.work;
    run.due = since;
    instance.running = &run;
    if (instance.ends && *instance.ends->monotonic > std::max(now.monotonic, since)) {
        wait_for_end(run, instance.ends);
    } else if (instance.end && now.wall >= kClockIsSet) { // by one that has not been set, no time is the event's
        const WallTime began = instance.start->timing().timed() ? run.intent->due() : now.wall;
        wait_for_end(run, instance.end->next(began + std::chrono::nanoseconds(1), random_));
    }
    if (run.work->schedule.constraints.empty()) {
        begin_actions(run, since, now, out);
    } else {
        run.waiting = Waiting{0, "", std::nullopt};
        check(run, out);
    }
}

void Engine::begin_actions(Running &run, MonotonicTime since, Now now, Decisions &out)
{
    if (const auto duration = run.work->schedule.duration) {
        run.until = std::max(now.monotonic, since) + *duration;
        monotonic_ends_.emplace(*run.until, run.intent->id);
    }
    go_on(run, since, out);
}

void Engine::go_on(Running &run, MonotonicTime since, Decisions &out)
{
    const Work &work = *run.work;
    const bool together = work.schedule.execution_mode == model::ExecutionMode::parallel;
    Account account;
    while (run.next < work.tasks.size() && (together || run.active.empty())) {
        const std::size_t action = run.next++;
        std::optional<Reason> reason = run.rest;
        if (!reason) {
            if (const Suppressor *suppressor = suppressing(work.schedule.actions[action].suppression_tags))
                reason = suppressed_by(*suppressor);
        }
        if (reason) {
            Tally one;
            one.add(*run.intent);
            account.outcomes.push_back(outcome_of(work, action, one, *reason, random_));
            account.outcomes.back().run = run.intent->id;
            continue;
        }
        run.active.push_back(action);
        out.push_back(Start{run.intent, run.work, action, draw_uuid(random_), since});
    }
    if (run.active.empty())
        finish(run, account);
    if (!account.outcomes.empty() || !account.closed.empty())
        out.push_back(std::move(account));
}

Decisions Engine::action_ended(const Uuid &intent, std::size_t action, Now now)
{
    Decisions out = advance(now);
    const auto found = running_.find(intent);
    if (found != running_.end() && std::erase(found->second.active, action) != 0)
        go_on(found->second, std::max(now.monotonic, found->second.due), out);
    return out;
}

void Engine::finish(Running &run, Account &account)
{
    const Uuid id = run.intent->id;
    account.closed.push_back(id);
    if (run.of != nullptr) {
        run.of->running = nullptr;
        settle_overlapped(*run.of, account);
    }
    wait_for_end(run, std::nullopt);
    if (run.until)
        monotonic_ends_.erase({*run.until, id});
    running_.erase(id);
}

void Engine::wait_for_end(Running &run, std::optional<Signal> signal)
{
    const Uuid &id = run.intent->id;
    if (run.ends && run.ends->monotonic)
        monotonic_ends_.erase({*run.ends->monotonic, id});
    else if (run.ends)
        wall_ends_.erase({run.ends->due(), id});
    run.ends = signal;
    if (run.ends && run.ends->monotonic)
        monotonic_ends_.emplace(*run.ends->monotonic, id);
    else if (run.ends)
        wall_ends_.emplace(run.ends->due(), id);
}

void Engine::end_run(Running &run, const std::string &why, Decisions &out)
{
    if (run.waiting && run.waiting->reason.empty()) {
        give_up(run, {model::OutcomeWord::interrupted, model::Blame::unknown, why + " before its constraints were met"},
                out);
        return;
    }
    if (run.waiting) {
        give_up(run, {model::OutcomeWord::not_met, model::Blame::unknown, run.waiting->reason + ", then " + why}, out);
        return;
    }
    cut(run, {model::OutcomeWord::interrupted, model::Blame::unknown, why + " before it was this action's turn"}, why,
        out);
}

void Engine::cut(Running &run, Reason rest, const std::string &why, Decisions &out)
{
    const Uuid &id = run.intent->id;
    wait_for_end(run, std::nullopt);
    if (run.until)
        monotonic_ends_.erase({*std::exchange(run.until, {}), id});
    if (!run.rest)
        run.rest = std::move(rest);
    out.push_back(Stop{id, std::nullopt, why});
}

void Engine::suppression_begins(const Suppressor &suppressor, Decisions &out)
{
    suppress_waiting(suppressor, out);
    if (suppressor.configuration().stop_running)
        stop_running(suppressor, out);
}

void Engine::stop_running(const Suppressor &suppressor, Decisions &out)
{
    const std::string why = "the suppression '" + suppressor.configuration().name + "' began";
    for (auto &[id, run] : running_) {
        if (run.of == nullptr)
            continue;
        if (suppressor.matches(run.work->schedule.suppression_tags)) {
            cut(run, suppressed_by(suppressor), why, out);
            continue;
        }
        for (const std::size_t action : run.active) {
            if (suppressor.matches(run.work->schedule.actions[action].suppression_tags))
                out.push_back(Stop{id, action, why});
        }
    }
}

} // namespace sonde::schedule
