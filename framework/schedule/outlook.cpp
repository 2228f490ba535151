#include "schedule/engine.hpp"

#include <algorithm>

// What can be seen of the engine without changing it.
namespace sonde::schedule {

Wakeup Engine::next_wakeup() const
{
    Wakeup wakeup = next_suppression_;
    const auto earlier = [](auto &earliest, auto time) { earliest = earliest ? std::min(*earliest, time) : time; };
    if (!wall_dues_.empty())
        earlier(wakeup.wall, WallTime(wall_dues_.begin()->due));
    if (!heads_.empty())
        earlier(wakeup.wall, *heads_.begin()->head);
    if (!wall_ends_.empty())
        earlier(wakeup.wall, wall_ends_.begin()->first);
    if (!clockless_.empty())
        earlier(wakeup.wall, kClockIsSet);
    if (!monotonic_dues_.empty())
        earlier(wakeup.monotonic, MonotonicTime(monotonic_dues_.begin()->due));
    if (!monotonic_ends_.empty())
        earlier(wakeup.monotonic, monotonic_ends_.begin()->first);
    if (!retries_.empty())
        earlier(wakeup.monotonic, retries_.begin()->first);
    if (controller_timeout_ && !controller_lost_)
        earlier(wakeup.monotonic, contacted_ + *controller_timeout_);
    return wakeup;
}

Ahead Engine::ahead(std::chrono::nanoseconds time, Now now) const
{
    Ahead ahead;
    // False: this one and what comes after it is not due so soon.
    const auto add = [&](auto due, auto from, auto &next, const Uuid &intent, const std::shared_ptr<const Work> &work) {
        if (due > from + time) {
            next = next ? std::min(*next, due - time) : due - time;
            return false;
        }
        ahead.dues.push_back({intent, work});
        return true;
    };
    const auto look = [&](const Dues &dues, auto from, auto &next) {
        for (const Pending &one : dues)
            if (!add(decltype(from)(one.due), from, next, one.intent->id, one.of->work))
                return;
    };
    look(wall_dues_, now.wall, ahead.next.wall);
    look(monotonic_dues_, now.monotonic, ahead.next.monotonic);
    for (const auto &[due, id] : retries_)
        if (!add(due, now.monotonic, ahead.next.monotonic, id, running_.at(id).work))
            break;
    return ahead;
}

std::vector<model::Intent> Engine::pending() const
{
    std::vector<model::Intent> intents;
    intents.reserve(pending_.size());
    for (const auto &[id, pending] : pending_)
        intents.push_back(*pending.intent);
    std::sort(intents.begin(), intents.end(),
              [](const model::Intent &a, const model::Intent &b) { return a.due() < b.due(); });
    return intents;
}

std::vector<model::Intent> Engine::running() const
{
    std::vector<model::Intent> intents;
    intents.reserve(running_.size());
    for (const auto &[id, run] : running_)
        intents.push_back(*run.intent);
    return intents;
}

State Engine::state() const
{
    State state;
    for (const auto &[name, instance] : instances_) {
        const model::Schedule &schedule = instance.work->schedule;
        const Running *run = instance.running;
        const auto idle = [&](const std::vector<std::string> &tags) {
            return suppressing(tags) != nullptr ? Activity::suppressed : Activity::enabled;
        };
        State::Schedule &shown = state.schedules.emplace_back();
        shown.name = name;
        shown.activity = run != nullptr ? Activity::running : idle(schedule.suppression_tags);
        for (std::size_t i = 0; i < schedule.actions.size(); ++i) {
            if (run != nullptr && std::find(run->active.begin(), run->active.end(), i) != run->active.end())
                shown.actions.push_back(Activity::running);
            else if (shown.activity == Activity::suppressed)
                shown.actions.push_back(Activity::suppressed);
            else
                shown.actions.push_back(idle(schedule.actions[i].suppression_tags));
        }
    }
    for (const auto &[name, suppressor] : suppressors_)
        state.suppressions.push_back({name, suppressor.active()});
    state.controller_lost = controller_lost_;
    return state;
}

} // namespace sonde::schedule
