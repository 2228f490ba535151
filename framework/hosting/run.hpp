#pragma once

#include "frames/messages.hpp"

#include <sonde/plugin.h>

#include <sys/types.h>

namespace sonde::hosting {

// The life of the process that was just forked for an invocation: becomes what the ABI promises, calls run() or
// probe(), reports and ends. `agent` and `cancel` are the invocation's two descriptors. `method` and `description` are
// of the same method; the plugin is loaded. Input that is announced and does not come ends it without a run.
[[noreturn]] void run_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                               const frames::MethodDescription &description, const frames::Invoke &invoke);
// The same in this process, which goes on afterwards: for a debugger's sake. It keeps its descriptors and signals.
void run_here(int agent, int cancel, const sonde_method &method, const frames::MethodDescription &description,
              const frames::Invoke &invoke);
[[noreturn]] void probe_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                                 const frames::MethodDescription &description);

} // namespace sonde::hosting
