#pragma once

#include "frames/messages.hpp"

#include <cstdint>
#include <optional>

// What is refused of a request for what it asks, whatever this system could do. Nothing here touches the system.
namespace sonde::launcher {

// Privileges that do not exist, or any for a runner that only describes its plugin.
std::optional<frames::LauncherError> refusal(const frames::StartRunner &request);

// Sockets of a kind that the runner was not started with the privilege for, as `runner` says; one that only describes
// its plugin gets none at all.
std::optional<frames::LauncherError> refusal(const frames::OpenSockets &request, const frames::StartRunner &runner);

} // namespace sonde::launcher
