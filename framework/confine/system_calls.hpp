#pragma once

#include "base/result.hpp"

#include <linux/filter.h>
#include <vector>

namespace sonde::confine {

// The system calls that a runner and all it forks may make, as programs of seccomp to be loaded in this order: first
// one that looks at arguments, then the list of those that are allowed at all. What is not allowed fails with EPERM, so
// that a library falls back; what nobody needs who measures, and every attacker would try, ends the process with
// SIGSYS.
struct SystemCallFilter {
    std::vector<std::vector<sock_filter>> programs;
    std::vector<sock_filter> offline; // makes no socket and turns none to anybody else

    // An error where libseccomp does not know this machine.
    static Result<SystemCallFilter> make();
    // In the process that is to be confined, which has no_new_privs; it cannot be undone. False with errno where the
    // kernel has no seccomp.
    bool load(bool online) const;
};

} // namespace sonde::confine
