#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"
#include "frames/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
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

// The sockets with a counter that were opened for somebody, as long as anybody has them: their programs are the
// kernel's, and paid by who opens them.
class Counters {
public:
    static constexpr std::size_t kMax = 64;

    // Whether another one may be opened.
    bool have_room();
    // One that was opened, by its socket.
    void add(int socket);

private:
    std::set<std::uint64_t> sockets_; // their inodes
};

} // namespace sonde::sockets
