#pragma once

#include "frames/messages.hpp"

#include <sonde/plugin.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>

namespace sonde::hosting {

// Where the method of a run is.
struct Place {
    const sonde_plugin *plugin; // loaded; nullptr: the process of the run loads the file
    std::string file;
    std::uint32_t method;
};

// With what a process ends, without a word, that was forked and has threads: the plugin's handlers for a fork started
// them, and they would be of no run.
inline constexpr int kHasThreads = 71;

// The life of the process that was just forked for an invocation: becomes what the ABI promises, calls run() or
// probe(), reports and ends. `agent` and `cancel` are the invocation's two descriptors. `description` is that of the
// method at `place`. Input that is announced and does not come ends it without a run.
[[noreturn]] void run_in_child(pid_t parent, int agent, int cancel, const Place &place,
                               const frames::MethodDescription &description, const frames::Invoke &invoke);
// The same in this process, which goes on afterwards: for a debugger's sake. It keeps its descriptors and signals.
void run_here(int agent, int cancel, const sonde_method &method, const frames::MethodDescription &description,
              const frames::Invoke &invoke);
// The same for a process that was forked ahead of need: it becomes what the ABI promises, says by a packet of one byte
// that it is ready, waits at `handover`, a socket that has its two descriptors and the frame of its Invoke one day, and
// ends if that closes before. `plugin` is loaded, and `description` is all of it.
// `buffer` takes the packet.
[[noreturn]] void run_in_child_later(pid_t parent, int handover, const sonde_plugin &plugin,
                                     const frames::Description &description, std::span<std::byte> buffer);
[[noreturn]] void probe_in_child(pid_t parent, int agent, int cancel, const Place &place,
                                 const frames::MethodDescription &description);

} // namespace sonde::hosting
