#pragma once

#include "confine/confinement.hpp"
#include "confine/spawn.hpp"
#include "frames/messages.hpp"

#include <string>
#include <sys/types.h>
#include <variant>
#include <vector>

namespace sonde::confine {

// The layer that is missing without a control group.
inline constexpr const char *kGroupLayer = "cgroup";

// What a runner is made of.
struct Makings {
    int runner = -1; // the opened executable, and
    int plugin = -1; // the opened file, so that its user need not reach them by path
    // The plugin is loaded by its path where the user can reach that, as debuggers like it; else what was opened is
    // loaded, whatever has become of the path.
    bool by_path = false;
    uid_t uid = 0;   // and group, without supplementary ones; 0: as whoever this is
    int group = -1;  // the entrance of its control group, or none
    int output = -1; // takes what it prints; none: this process's stderr does
};

// Starts a runner for a plugin in a session of its own: without capabilities, with no_new_privs and an environment of
// its own, confined, and dying with this process. Returns once it has been executed.
std::variant<Spawned, frames::LauncherError> start_runner(const frames::StartRunner &request, const Makings &makings,
                                                          const Confinement &confinement);

} // namespace sonde::confine
