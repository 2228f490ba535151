#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "schedule/work.hpp"

#include <memory>
#include <optional>
#include <vector>

// What an engine tells of what is to come.
namespace sonde::schedule {

// When the engine must be asked again at the latest: whichever comes first. The wall-clock one moves when the clock is
// set, so wait for it on a timer that says so (timerfd with TFD_TIMER_CANCEL_ON_SET).
struct Wakeup {
    std::optional<WallTime> wall;
    std::optional<MonotonicTime> monotonic;
};

// What is due soon, so that it can be made ready.
struct Ahead {
    struct Due {
        Uuid intent;
        std::shared_ptr<const Work> work;
    };
    std::vector<Due> dues;
    Wakeup next; // when there is more
};

} // namespace sonde::schedule
