#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace sonde::launcher {

struct Settings {
    std::string runner;      // sonde-runner's path
    uid_t uid_base = 0;      // the first of kUids users, one a runner and one the front's
    uid_t agent_user = 0;    // who may connect to the daemon
    std::string listen_path; // the daemon's socket; empty: one agent only, over a given descriptor
    bool attended = false;   // runners as start_attended() makes them; never for a daemon's agent
    bool terminal = false;
    std::vector<std::string> tool;
    bool strict = false;               // a runner that would lack a layer of its confinement is not started
    std::vector<std::string> readable; // what plugins may read, besides the system's files
    std::string group;                 // the control group above those of runners; empty: they have none, and
    std::string why_no_group = "--cgroup is not given";

    bool is_daemon() const { return !listen_path.empty(); }
};

inline constexpr uid_t kUids = 1000;

} // namespace sonde::launcher
