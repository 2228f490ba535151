#pragma once

#include "confine/spawn.hpp"
#include "frames/messages.hpp"

#include <string>
#include <variant>
#include <vector>

namespace sonde::launcher {

// For whoever develops a plugin: starts a runner that runs it in its one process, as whoever this is and without
// confinement, under a tool: `tool` are the words before the runner's command line. `terminal`: it keeps stdin and the
// process group, so that a debugger has the terminal; else it has a session of its own. `runner` is a path.
std::variant<confine::Spawned, frames::LauncherError> start_attended(const frames::StartRunner &request,
                                                                     const std::string &runner,
                                                                     const std::vector<std::string> &tool,
                                                                     bool terminal);

} // namespace sonde::launcher
