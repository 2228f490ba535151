#pragma once

#include <sys/types.h>

namespace sonde::launcher {

// Kills a runner: with its pid namespace if it has one, else with the process group that it leads.
void kill_runner(pid_t pid);

// Makes what a runner leaves behind a child of this process, in whatever group and session it is by then: so that it is
// told from what another launcher, with another /run, has under the same user.
void adopt_strays();

// Kills and waits for the children of this process that are this user's, and what they leave behind in turn. False if
// some outlived a second of that, as what forks in a new session again and again might, or if /proc does not tell who
// they are: then end_user() was called.
bool end_strays(uid_t user);

// Kills every process of the user at once, also a stranger's.
void end_user(uid_t user);

} // namespace sonde::launcher
