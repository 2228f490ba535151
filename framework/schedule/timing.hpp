#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/instruction.hpp"
#include "schedule/calendar.hpp"
#include "schedule/triggers.hpp"
#include "schedule/zone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

// When timed events trigger: arithmetic alone, in UTC nanoseconds.
namespace sonde::schedule {

// Wall-clock times before this are those of a machine whose clock has not been set since it booted (a gateway without a
// battery wakes up in 1970); nothing is planned by them. Times beyond kEndOfTime are never planned: with the largest
// spread they would leave the range of WallTime.
inline constexpr WallTime kClockIsSet{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}};
inline constexpr WallTime kEndOfTime{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}};

// A trigger is missed when it is late by more, or by more than its interval if that is shorter.
inline constexpr std::chrono::nanoseconds kLateAtMost = std::chrono::seconds(10);

std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325);

// A periodic event without `start` triggers at the Unix epoch + phase + k * interval, where
//     phase = FNV-1a-64("<agent-id>/<event name>") mod interval, in milliseconds,
// the agent-id in its lower-case 36-character form. It is stable over restarts, spreads a fleet, and anyone who knows
// the instruction can compute it.
std::chrono::milliseconds phase(const Uuid &agent_id, std::string_view event_name, std::chrono::seconds interval);

// The triggers of a periodic, one-off or calendar event. The others have none: they fire by what happens, not by the
// clock. `start` is the first trigger of a periodic event, and `end` is no trigger any more (RFC 8194: "the date and
// time when the Event object stops to create triggers"): start + k * interval < end.
class Timing {
public:
    // `zone` is where a calendar without an offset is read.
    Timing(const model::Event &event, const Uuid &agent_id, const Zone &zone = Zone());

    bool timed() const { return timed_; }
    bool once() const { return once_; }
    // No two triggers are closer; the largest duration for a one-off event.
    std::chrono::nanoseconds interval() const { return interval_; }
    // The earliest trigger at or after `from`.
    std::optional<WallTime> first_from(WallTime from) const;
    // All triggers in [from, before).
    std::optional<Triggers> between(WallTime from, WallTime before) const;
    // The changes of local time in (from, until] that matter to it.
    std::vector<ClockChange> changes(WallTime from, WallTime until) const;

private:
    bool timed_ = false;
    bool once_ = false;
    WallTime start_{};
    WallTime end_ = kEndOfTime;
    std::chrono::nanoseconds interval_ = std::chrono::nanoseconds::max();
    std::optional<Calendar> calendar_;
};

} // namespace sonde::schedule
