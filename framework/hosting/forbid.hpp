#pragma once

namespace sonde::hosting {

// By seccomp, for this process and all that it makes, for good; where the kernel has none, or in a sanitizer's build,
// whose runtime does such things itself, nothing is forbidden. Sets no_new_privs. What is forbidden fails with EPERM.

// To execute another program. Before the first fork: it also prepares what comes next.
void forbid_programs();

// To make a process, but not a thread, to signal any process but this one, and to outlive its parent where it was told
// not to.
void forbid_processes();

} // namespace sonde::hosting
