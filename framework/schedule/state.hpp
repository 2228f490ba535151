#pragma once

#include <string>
#include <vector>

namespace sonde::schedule {

// What RFC 8194 calls the state of a schedule or an action. What is suppressed and still runs is running.
enum class Activity { enabled, running, suppressed };

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
