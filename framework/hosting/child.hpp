#pragma once

#include <cstddef>
#include <span>
#include <sys/types.h>

namespace sonde::hosting {

// stdin, stdout and stderr as below, default signals, SIGPIPE ignored, umask 022 and the C locale, which is what the
// ABI promises a plugin.
void make_surroundings();

// Makes the process that was just forked what the ABI promises a plugin: the descriptors in `kept` as 3, 4, ... and
// none but those and stdin (/dev/null), stdout (joined to stderr) and stderr; the surroundings, unless the one that it
// was forked from has made them; an empty signal mask, a process group of its own. It dies with its parent, `parent`,
// and makes no process, unless whoever judges it wants to see whether it does.
enum class Processes { forbidden, allowed };
enum class Surroundings { made_here, inherited };
void become_child(pid_t parent, std::span<const int> kept, Processes processes = Processes::forbidden,
                  Surroundings surroundings = Surroundings::made_here);

// The threads of this process; 0 where /proc does not say. None but the one that forks lives on in a child.
std::size_t count_threads();
// Whether there is none but the one that asks. In a process that was just forked it costs a fraction of counting.
bool is_alone();

// Makes the descriptors in `kept`, at most eight, 3, 4, ... and closes all others behind stderr.
void place_descriptors(std::span<const int> kept);

} // namespace sonde::hosting
