#include "schedule/engine.hpp"

#include "model/controller_timeout.hpp"

#include <algorithm>
#include <utility>

// What is active and what is not: suppressions, the connection to the Controller, runs that are to end.
namespace sonde::schedule {

Decisions Engine::contact(Now now)
{
    Decisions out = advance(now);
    contacted_ = now.monotonic;
    if (std::exchange(controller_lost_, false)) {
        out.push_back(KeepController{false, now.wall});
        happen(Happening::controller_connected, now, out);
        advance_monotonic(now, out);
    }
    return out;
}

void Engine::set_controller_timeout(const model::Instruction &instruction)
{
    controller_timeout_ = instruction.agent.controller_timeout;
    if (controller_timeout_)
        controller_timeout_ = std::max(*controller_timeout_, model::kControllerTimeoutLeast);
}

void Engine::happen(Happening happening, Now now, Decisions &out)
{
    for (auto &[name, suppressor] : suppressors_) {
        change(
            suppressor, [&] { suppressor.happened(happening, now, random_); }, out);
        fire_due(suppressor, WallTime::min(), now.monotonic, out);
    }
    for (auto &[name, instance] : instances_) {
        if (!instance.end || instance.end->happening() != happening)
            continue;
        instance.ends = instance.end->on(happening, now, random_);
        if (instance.running != nullptr && !instance.running->rest)
            wait_for_end(*instance.running, instance.ends);
    }
    for (auto &[name, instance] : instances_) {
        if (instance.start->happening() == happening)
            plan(instance, now.wall, now, out);
    }
}

void Engine::set_suppressors(const model::Instruction &instruction, const Saved *saved, Now now, Decisions &out)
{
    std::map<std::string, Suppressing> asked;
    for (Suppressing &one : suppressings_of(instruction))
        asked.emplace(one.suppression.name, std::move(one));
    std::set<std::string> gone;
    for (auto it = suppressors_.begin(); it != suppressors_.end();) {
        const auto same = asked.find(it->first);
        if (same != asked.end() && same->second.fingerprint == it->second.fingerprint()) {
            asked.erase(same);
            ++it;
            continue;
        }
        gone.insert(it->first);
        it = suppressors_.erase(it);
    }
    std::map<std::string, const SuppressionProgress *> known;
    if (saved != nullptr) {
        for (const SuppressionProgress &progress : saved->suppressions) {
            known.emplace(progress.suppression, &progress);
            gone.insert(progress.suppression);
        }
    }
    for (auto &[name, one] : asked) {
        gone.erase(name);
        const auto found = known.find(name);
        const SuppressionProgress *before =
            found != known.end() && found->second->fingerprint == one.fingerprint ? found->second : nullptr;
        Suppressor &suppressor = suppressors_.emplace(name, Suppressor(std::move(one), agent_id_, zone_)).first->second;
        suppressor.begin(before, now, random_);
        if (before != nullptr)
            suppressor.pass_over(now.wall, random_);
        else
            suppressor.happened(Happening::configured, now, random_);
        if (saved != nullptr)
            suppressor.happened(Happening::started, now, random_);
        if (before == nullptr || !(suppressor.progress() == *before))
            out.push_back(KeepSuppression{suppressor.progress()});
        if (suppressor.active())
            suppression_begins(suppressor, out);
    }
    for (const std::string &name : gone)
        out.push_back(ForgetSuppression{name});
    refresh_suppressions();
    for (auto &[name, suppressor] : suppressors_)
        fire_due(suppressor, now.wall, now.monotonic, out);
}

void Engine::change(Suppressor &suppressor, const std::function<void()> &change, Decisions &out)
{
    const SuppressionProgress before = suppressor.progress();
    change();
    SuppressionProgress after = suppressor.progress();
    if (after == before)
        return;
    if (after.active && !before.active)
        suppression_begins(suppressor, out);
    out.push_back(KeepSuppression{std::move(after)});
    refresh_suppressions();
}

void Engine::fire_due(Suppressor &suppressor, WallTime wall, MonotonicTime monotonic, Decisions &out)
{
    const auto is_due = [&] {
        const std::optional<Signal> &signal = suppressor.waits_for();
        return signal && (signal->monotonic ? *signal->monotonic <= monotonic : signal->due() <= wall);
    };
    while (is_due())
        change(
            suppressor, [&] { suppressor.fire(random_); }, out);
}

void Engine::switch_until(WallTime until, Decisions &out)
{
    if (next_suppression_.wall && *next_suppression_.wall <= until) {
        for (auto &[name, suppressor] : suppressors_)
            fire_due(suppressor, until, MonotonicTime::min(), out);
    }
    while (!wall_ends_.empty() && wall_ends_.begin()->first <= until) {
        Running &run = running_.at(wall_ends_.begin()->second);
        end_run(run, "its end event '" + *run.work->schedule.end + "' came", out);
    }
}

void Engine::states_pass_over(Now now, Decisions &out)
{
    for (auto &[name, suppressor] : suppressors_) {
        if (suppressor.waits_for_clock())
            change(
                suppressor,
                [&] {
                    suppressor.clock_was_set(now, random_);
                    suppressor.pass_over(now.wall - kLateAtMost, random_);
                },
                out);
        else
            change(
                suppressor, [&] { suppressor.pass_over(now.wall - kLateAtMost, random_); }, out);
    }
    refresh_suppressions();
}

void Engine::states_set_back(Now now, Decisions &out)
{
    for (auto &[name, suppressor] : suppressors_)
        change(
            suppressor, [&] { suppressor.clock_set_back(now, random_); }, out);
    // A run ends at the first trigger that the clock shows from now on.
    for (auto &[name, instance] : instances_) {
        Running *run = instance.running;
        if (run != nullptr && run->ends && !run->ends->monotonic)
            wait_for_end(*run, instance.end->next(now.wall, random_));
    }
}

const Suppressor *Engine::suppressing(const std::vector<std::string> &tags) const
{
    // Mostly there is none, and the tags need not be looked at.
    if (active_suppressors_.empty() || tags.empty())
        return nullptr;
    const auto found = std::find_if(active_suppressors_.begin(), active_suppressors_.end(),
                                    [&](const Suppressor *suppressor) { return suppressor->matches(tags); });
    return found == active_suppressors_.end() ? nullptr : *found;
}

void Engine::refresh_suppressions()
{
    active_suppressors_.clear();
    next_suppression_ = {};
    const auto earlier = [](auto &earliest, auto time) { earliest = earliest ? std::min(*earliest, time) : time; };
    for (const auto &[name, suppressor] : suppressors_) {
        if (suppressor.active())
            active_suppressors_.push_back(&suppressor);
        if (suppressor.waits_for_clock())
            earlier(next_suppression_.wall, kClockIsSet);
        if (const std::optional<Signal> &signal = suppressor.waits_for()) {
            if (signal->monotonic)
                earlier(next_suppression_.monotonic, *signal->monotonic);
            else
                earlier(next_suppression_.wall, signal->due());
        }
    }
}

} // namespace sonde::schedule
