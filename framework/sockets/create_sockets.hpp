#pragma once

#include "frames/messages.hpp"
#include "frames/socket.hpp"

#include <sys/types.h>
#include <variant>
#include <vector>

namespace sonde::sockets {

// What of a measurement's sockets takes privilege: makes them, non-blocking and bound to nothing, marked with
// kMeasurementMark and (but for TCP, whose buffers grow by themselves) with a receive buffer of 1 MiB where the system
// lets this process do so. They belong to the user `owner`, so that a firewall's rules by user hold for them; 0: to
// this process's. All of them, or the error with the request's id.
std::variant<std::vector<frames::Descriptor>, frames::LauncherError> create_sockets(const frames::OpenSockets &request,
                                                                                    uid_t owner = 0);

} // namespace sonde::sockets
