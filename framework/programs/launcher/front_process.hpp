#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "frames/socket.hpp"
#include "programs/launcher/monitor/runner_user.hpp"
#include "programs/launcher/settings.hpp"

#include <sys/types.h>

namespace sonde::launcher {

// Where agents are: one of these.
struct Ends {
    frames::Descriptor agent;
    frames::Descriptor listener;
};

struct FrontProcess {
    pid_t pid = 0;
    frames::Descriptor link; // the monitor's end
    RunnerUser user;         // as long as it lives
};

// Forks the process that serves agents (Front). Before it hears anybody it has, of the launcher's privilege, given up
// all but reading what it may not by its user (CAP_DAC_READ_SEARCH) and loading counters (CAP_BPF), each if it was
// there; of a launcher of root's that attends nobody it has a user of its own. It has no controlling terminal and no
// descriptors but these ends, the link and stderr, makes no process, and where the kernel has seccomp it executes
// nothing, signals none and connects to nobody. It ends with the monitor.
Result<FrontProcess> fork_front(const Settings &settings, Ends ends, Log &log);

} // namespace sonde::launcher
