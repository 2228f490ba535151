#pragma once

#include "frames/description.hpp"
#include "frames/messages.hpp"
#include "programs/checker/evidence.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <string>

namespace sonde::checker {

// Where the process of a run finds what it needs.
enum RunDescriptor { kAgentEnd = 3, kCancelEnd = 4, kEvidenceEnd = 5, kInvokeEnd = 6 };

// What the process of a run does besides calling run() with an invocation.
struct Assignment {
    enum Flag : std::uint32_t {
        kProbe = 1u << 0,     // calls probe() in place of run()
        kGuarded = 1u << 1,   // nothing behind what the host hands over may be touched
        kReadOnly = 1u << 2,  // nothing of what the host hands over may be written to
        kFuture = 1u << 3,    // reserved fields are not zero, and the host is of a later ABI
        kBare = 1u << 4,      // without any privilege, as an unprivileged user where this process may become one
        kLinger = 1u << 5,    // lives on for a moment after run() has returned
        kOtherRand = 1u << 6, // libc's generators are seeded otherwise
        kAlone = 1u << 7,     // the host has no extension
        kNoRaw = 1u << 8,     // is killed (SIGSYS) as soon as it makes a raw socket
    };

    std::uint32_t method = 0;
    std::uint32_t flags = 0;
    std::uint32_t repeat = 1; // runs in one process, each with a short deadline if there are several

    bool has(Flag flag) const { return (flags & flag) != 0; }
};

// Does it, in the process that is for it alone, and ends that process. The descriptors above are in place, the plugin
// is loaded.
[[noreturn]] void carry_out(const Assignment &assignment, const sonde_plugin &plugin,
                            const frames::MethodDescription &description, const frames::Invoke &invoke,
                            Evidence &evidence);

// The memory behind an evidence descriptor. Ends the process if it cannot be had.
Evidence &map_evidence(int descriptor);

} // namespace sonde::checker
