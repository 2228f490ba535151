#pragma once

#include "base/result.hpp"

namespace sonde::launcher {

// Forbids this process, for good, what a front never does: to execute or make anything, to signal or look into another
// process, to connect to anybody or make a socket that is not of AF_UNIX. Such a call then fails with EPERM. An error
// names the first of them that the kernel or libseccomp does not forbid; nothing at all is forbidden in a build with a
// sanitizer, whose runtime does such things.
Result<void> forbid_what_a_front_never_does();

} // namespace sonde::launcher
