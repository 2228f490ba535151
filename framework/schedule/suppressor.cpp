#include "schedule/suppressor.hpp"

#include "model/glob.hpp"

#include <algorithm>
#include <utility>

namespace sonde::schedule {

namespace {

constexpr std::chrono::hours kSetBackAtMost{24};

bool by_the_clock(const std::optional<Source> &source)
{
    return source && source->timing().timed();
}

} // namespace

Suppressor::Suppressor(Suppressing suppressing, const Uuid &agent_id, const Zone &zone) : of_(std::move(suppressing))
{
    if (of_.start)
        start_.emplace(*of_.start, agent_id, zone);
    if (of_.end)
        end_.emplace(*of_.end, agent_id, zone);
    active_ = !start_;
}

void Suppressor::begin(const SuppressionProgress *saved, Now now, const Random &random)
{
    waits_for_clock_ = now.wall < kClockIsSet;
    if (saved != nullptr) {
        fresh_ = false;
        active_ = saved->active;
        if (awaited() && saved->event && saved->due) {
            armed_ = Signal{*saved->event, *saved->due - *saved->event, std::nullopt};
            // The spread bounds the wait where the clock was set back while the agent was down.
            if (!awaited()->timing().timed())
                armed_->monotonic = now.monotonic + std::min(*saved->due - now.wall, armed_->spread);
        }
        if (!waits_for_clock_)
            clock_set_back(now, random);
    }
    if (!waits_for_clock_ && !armed_)
        arm_first(now, random);
}

void Suppressor::clock_was_set(Now now, const Random &random)
{
    if (std::exchange(waits_for_clock_, false) && !armed_)
        arm_first(now, random);
}

void Suppressor::arm_first(Now now, const Random &random)
{
    // A one-off event that has passed counts.
    arm(fresh_ && awaited() && awaited()->timing().once() ? WallTime::min() : now.wall, random);
}

void Suppressor::arm(WallTime from, const Random &random)
{
    armed_.reset();
    if (by_the_clock(awaited()) && !waits_for_clock_)
        armed_ = awaited()->next(from, random);
}

void Suppressor::happened(Happening happening, Now now, const Random &random)
{
    const auto signal_of = [&](const std::optional<Source> &source) {
        return source ? source->on(happening, now, random) : std::nullopt;
    };
    const std::optional<Signal> start = signal_of(start_);
    const std::optional<Signal> end = signal_of(end_);
    // What still waits for its spread to pass is withdrawn by its contrary: the suppression stays as it is.
    if (armed_ && armed_->monotonic) {
        if (active_ ? start : end)
            arm(now.wall, random);
        return;
    }
    if (active_ && end)
        armed_ = end;
    else if (!active_ && start && !end)
        armed_ = start;
}

void Suppressor::fire(const Random &random)
{
    const WallTime event = std::exchange(armed_, {})->event;
    active_ = !active_;
    // An end at the instant of the start holds.
    arm(active_ ? event : event + std::chrono::nanoseconds(1), random);
}

void Suppressor::pass_over(WallTime until, const Random &random)
{
    if (!armed_ || armed_->monotonic || armed_->due() >= until)
        return;
    const auto last = [&](const std::optional<Source> &source) {
        const auto passed = by_the_clock(source) ? source->timing().between(armed_->event, until) : std::nullopt;
        return passed ? passed->last : WallTime::min();
    };
    active_ = last(start_) > last(end_);
    arm(until, random);
}

void Suppressor::clock_set_back(Now now, const Random &random)
{
    if (!armed_ || armed_->monotonic || !awaited() || awaited()->timing().once())
        return;
    const auto next = awaited()->timing().first_from(now.wall);
    if (next && armed_->event - kSetBackAtMost > *next)
        arm(now.wall, random);
}

bool Suppressor::matches(const std::vector<std::string> &tags) const
{
    const std::vector<std::string> &patterns = of_.suppression.match;
    return std::any_of(tags.begin(), tags.end(), [&](const std::string &tag) {
        return std::any_of(patterns.begin(), patterns.end(),
                           [&](const std::string &pattern) { return model::glob_matches(pattern, tag); });
    });
}

SuppressionProgress Suppressor::progress() const
{
    SuppressionProgress progress{of_.suppression.name, of_.fingerprint, active_, std::nullopt, std::nullopt};
    if (armed_) {
        progress.event = armed_->event;
        progress.due = armed_->due();
    }
    return progress;
}

Reason suppressed_by(const Suppressor &suppressor)
{
    return {model::OutcomeWord::suppressed, model::Blame::unknown,
            "by the suppression '" + suppressor.configuration().name + "'"};
}

} // namespace sonde::schedule
