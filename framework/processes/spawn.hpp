#pragma once

#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sonde::processes {

// A descriptor of this process, and the number by which the new one knows it.
struct Handed {
    int ours;
    int theirs;
};

// Starts a program (looked for in PATH unless it is a path) in a process group of its own. stdin is /dev/null, no
// signal is blocked; it gets the descriptors in `handed` and whatever is not close-on-exec. `variables` ("NAME=value")
// are added to this process's environment, or take the place of what is there. -1 if it cannot be started. The caller
// waits for it.
pid_t spawn(std::vector<std::string> command, std::span<const Handed> handed, std::vector<std::string> variables = {});

} // namespace sonde::processes
