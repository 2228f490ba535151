#pragma once

#include "base/clock.hpp"
#include "model/instruction.hpp"
#include "schedule/random.hpp"
#include "schedule/timing.hpp"

#include <chrono>
#include <optional>
#include <variant>

namespace sonde::schedule {

// What happens to the agent and is no time of the clock.
enum class Happening { configured, started, controller_lost, controller_connected };

// One trigger of an event that is waited for, with its spread drawn. One of an event that is no time of the clock waits
// on the monotonic one, as the runs of such events do.
struct Signal {
    WallTime event;
    std::chrono::nanoseconds spread{0};
    std::optional<MonotonicTime> monotonic;

    WallTime due() const { return event + spread; }
};

// An event as what starts schedules, ends their runs, or begins or ends a suppression. The triggers that start a
// schedule are accounted for each; of the others what counts is the state that they lead to.
class Source {
public:
    Source(const model::Event &event, const Uuid &agent_id, const Zone &zone);

    const Timing &timing() const { return timing_; }
    // What it is about if it is no time of the clock.
    std::optional<Happening> happening() const { return happening_; }
    // The first trigger by the clock at or after `from`.
    std::optional<Signal> next(WallTime from, const Random &random) const;
    // The trigger by what has happened now, if this is what the event is about.
    std::optional<Signal> on(Happening happening, Now now, const Random &random) const;

private:
    Timing timing_;
    std::chrono::seconds spread_;
    std::optional<Happening> happening_;
};

} // namespace sonde::schedule
