#pragma once

#include "base/result.hpp"
#include "programs/launcher/settings.hpp"

#include <string>

namespace sonde::launcher {

struct Arguments {
    Settings settings;
    int socket = -1; // the agent's, without a path to listen at
    std::string agent_user;
    std::string log = "warning";
};

// The command line, by whoever starts the launcher; nobody else has been heard by then. Help and version end the
// program. An error without words was told already.
Result<Arguments> parse(int argc, char **argv);

} // namespace sonde::launcher
