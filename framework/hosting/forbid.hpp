#pragma once

namespace sonde::hosting {

// By seccomp, for this process and all that it makes, for good; where the kernel has none, or in a sanitizer's build,
// whose runtime does such things itself, nothing is forbidden. Sets no_new_privs. What is forbidden fails with EPERM.

// To execute another program. Before the first fork: it also prepares what comes next.
void forbid_programs();

// To make a process, but not a thread, to signal any process but this one, and to outlive its parent where it was told
// not to.
void forbid_processes();

// In a run's process whose descriptors are in place: to send by a packet socket, and so by any descriptor but the
// host's own, 1 to 3, except to an address of IPv4 or of netlink that the call itself names. Those three stay what they
// are. On a machine that makes all calls of sockets by one (i386) no filter sees which; there nothing is forbidden.
void forbid_frames();

// For whoever judges a plugin: from here on this process is killed (SIGSYS) as soon as it does so, even for a moment.
// Calls of sockets that a machine makes by one (i386) are not seen.
enum class Deed {
    sockets_and_files, // makes a socket, or opens a file to write
    threads,           // makes a thread or a process
    raw_sockets,       // makes a packet socket or a raw one, but of netlink, whose are all raw
};
void die_by(Deed deed);

} // namespace sonde::hosting
