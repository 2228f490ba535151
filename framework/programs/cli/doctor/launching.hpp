#pragma once

#include "frames/messages.hpp"
#include "programs/cli/doctor/finding.hpp"

#include <filesystem>
#include <optional>
#include <sys/types.h>

namespace sonde::cli {

struct Launching {
    Findings findings;
    uid_t launcher = 0;         // as whom it runs; where none answers, as whom one is started: root
    std::optional<uid_t> agent; // whom its socket is for
};

// Whether a launcher's daemon answers at a socket, and what it says that a runner's confinement and its sockets lack
// here; where none answers, what one says that is started for this question, as this user.
Launching find_launching(const std::filesystem::path &socket);

} // namespace sonde::cli
