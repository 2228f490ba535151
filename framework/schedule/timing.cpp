#include "schedule/timing.hpp"

#include <algorithm>
#include <limits>
#include <variant>

namespace sonde::schedule {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// RFC 8194's intervals are 32 bits wide; the arithmetic below relies on it.
constexpr seconds kIntervalMax{std::numeric_limits<std::uint32_t>::max()};

// Distances between two WallTimes can need 64 bits without a sign.
std::uint64_t distance(WallTime from, WallTime to)
{
    return static_cast<std::uint64_t>(to.time_since_epoch().count()) -
           static_cast<std::uint64_t>(from.time_since_epoch().count());
}

WallTime plus(WallTime time, std::uint64_t distance)
{
    return WallTime(
        nanoseconds(static_cast<std::int64_t>(static_cast<std::uint64_t>(time.time_since_epoch().count()) + distance)));
}

} // namespace

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash)
{
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

std::chrono::milliseconds phase(const Uuid &agent_id, std::string_view event_name, seconds interval)
{
    const std::uint64_t hash = fnv1a(event_name, fnv1a("/", fnv1a(to_string(agent_id))));
    return std::chrono::milliseconds(hash % (static_cast<std::uint64_t>(interval.count()) * 1000));
}

Timing::Timing(const model::Event &event, const Uuid &agent_id, const Zone &zone)
{
    if (const auto *periodic = std::get_if<model::Periodic>(&event.type)) {
        timed_ = true;
        const seconds interval = std::clamp(periodic->interval, seconds(1), kIntervalMax);
        interval_ = interval;
        start_ = periodic->start ? *periodic->start : WallTime(phase(agent_id, event.name, interval));
        if (periodic->end)
            end_ = std::min(end_, *periodic->end);
    } else if (const auto *one_off = std::get_if<model::OneOff>(&event.type)) {
        timed_ = true;
        once_ = true;
        start_ = one_off->time;
    } else if (const auto *calendar = std::get_if<model::Calendar>(&event.type)) {
        timed_ = true;
        calendar_.emplace(*calendar, zone, kEndOfTime);
        interval_ = calendar_->interval();
    }
}

std::optional<WallTime> Timing::first_from(WallTime from) const
{
    if (calendar_)
        return calendar_->first_from(from);
    if (!timed_ || from >= end_ || start_ >= end_ || (once_ && from > start_))
        return std::nullopt;
    if (from <= start_)
        return start_;
    // Fits 64 bits: `from` is before kEndOfTime, `start` no earlier than 1678, the interval below 2^32 s.
    const auto interval = static_cast<std::uint64_t>(interval_.count());
    const std::uint64_t steps = (distance(start_, from) + interval - 1) / interval;
    const WallTime trigger = plus(start_, steps * interval);
    return trigger < end_ ? std::optional(trigger) : std::nullopt;
}

std::optional<Triggers> Timing::between(WallTime from, WallTime before) const
{
    if (calendar_)
        return calendar_->between(from, before);
    const std::optional<WallTime> first = first_from(from);
    if (!first || *first >= before)
        return std::nullopt;
    if (once_)
        return Triggers{*first, *first, 1};
    const auto interval = static_cast<std::uint64_t>(interval_.count());
    const std::uint64_t steps = (distance(*first, std::min(before, end_)) - 1) / interval;
    return Triggers{*first, plus(*first, steps * interval), steps + 1};
}

std::vector<ClockChange> Timing::changes(WallTime from, WallTime until) const
{
    return calendar_ ? calendar_->changes(from, until) : std::vector<ClockChange>();
}

} // namespace sonde::schedule
