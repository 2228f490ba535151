#pragma once

#include <optional>
#include <sys/types.h>
#include <vector>

namespace sonde::processes {

// The processes that this one has and has not yet waited for, of all its threads, adopted ones as well. None where
// /proc does not tell, as that of a kernel without CONFIG_PROC_CHILDREN: then there may be some.
std::optional<std::vector<pid_t>> children();

} // namespace sonde::processes
