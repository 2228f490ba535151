#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"
#include "frames/socket.hpp"

#include <string>
#include <variant>

namespace sonde::sockets {

struct NoCounter {
    int error = 0;    // errno
    std::string text; // what failed, and why
};

// Has the packets of a socket for capture counted in the kernel and lets none of them through to it. The memory in
// which they are counted, as sonde_counter_memory says. The kernel takes the program as one of somebody who may do
// nothing else: with CAP_BPF alone in force.
std::variant<frames::Descriptor, NoCounter> attach_counter(int socket, const frames::Counter &counter);

} // namespace sonde::sockets
