#pragma once

#include "frames/messages.hpp"
#include "programs/cli/doctor/finding.hpp"

#include <filesystem>

namespace sonde::cli {

// Whether a launcher's daemon answers at a socket, and what it says that a runner's confinement and its sockets lack
// here; where none answers, what one says that is started for this question, as this user.
Findings find_launching(const std::filesystem::path &socket);

} // namespace sonde::cli
