#pragma once

#include "link_info.hpp"
#include "segment.hpp"

#include <sonde/plugin.hpp>

#include <cstdint>
#include <string>

namespace sonde::passive_syn {

// What is the same of sockets for capture, whoever counts what they see.

// A new one of the host's. Throws Failure{kNoSocket}.
sonde::plugin::Fd open_capture(const sonde_host &host);
// All sockets of measurements bear the same mark, this one too. 0: none.
std::uint32_t mark_of(int fd);
// By ARPHRD_... Throws Failure{kNoRing} for what is not understood.
Link link_of(std::uint16_t type);
// From here on it sees all that passes the interface. Throws Failure{kInterfaceGone, kNoRing}.
void bind_to_all(int fd, const LinkInfo &interface);
// Forgets the socket's pending error, which it has once the interface has gone down.
void clear_error(int fd);
// With what errno says.
sonde::plugin::Failure failure(std::int32_t code, const std::string &what);

} // namespace sonde::passive_syn
