#pragma once

#include "model/state.hpp"

#include <string>
#include <vector>

namespace sonde::schedule {

// What is suppressed and still runs is running; nothing here is ever disabled.
using model::Activity;

// How things are at this moment.
struct State {
    struct Schedule {
        std::string name;
        Activity activity = Activity::enabled;
        std::vector<Activity> actions; // in the schedule's order
    };
    struct Suppression {
        std::string name;
        bool active = false;
    };

    std::vector<Schedule> schedules;
    std::vector<Suppression> suppressions;
    bool controller_lost = false;
};

} // namespace sonde::schedule
