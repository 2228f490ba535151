#pragma once

#include "frames/messages.hpp"
#include "frames/socket.hpp"

#include <optional>
#include <vector>

namespace sonde::sockets {

// What of a measurement's sockets takes no privilege (and for a counter CAP_BPF): binds those that create_sockets() has
// made to the interface and the source address, UDP to a random port of its own or the one to listen on, and attaches
// the counter, whose memory then is behind them. The error, with the request's id, if there was one.
std::optional<frames::LauncherError> prepare_sockets(std::vector<frames::Descriptor> &sockets,
                                                     const frames::OpenSockets &request);

} // namespace sonde::sockets
