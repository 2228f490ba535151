#pragma once

#include <sys/types.h>
#include <vector>

namespace sonde::processes {

// The processes that this one has and has not yet waited for, of all its threads, adopted ones as well.
std::vector<pid_t> children();

} // namespace sonde::processes
