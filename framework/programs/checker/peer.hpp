#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <sys/types.h>
#include <utility>

namespace sonde::checker {

// How a peer treats whoever asks it.
enum class Manners {
    good,      // answers DNS and HTTP, sends everything else back as it came
    silent,    // takes everything and says nothing; nor does the kernel to an echo request
    deaf,      // as silent, and takes no connection either: nothing comes of a SYN
    garbage,   // random bytes, and its own good answers with some bytes changed
    truncated, // good answers that end too early
    closing,   // ends every connection at once, and has no UDP port
    flooding,  // far more than anybody asked for
};

// A server for methods to measure: TCP and UDP at one port of the loopback addresses, in a process of its own that ends
// with this object.
class Peer {
public:
    // What it draws comes from `seed`. An error if no port can be had.
    static Result<Peer> start(Manners manners, std::uint64_t seed);

    Peer(Peer &&other) noexcept : port_(other.port_), pid_(std::exchange(other.pid_, -1)) {}
    Peer &operator=(Peer &&other) = delete;
    ~Peer();

    std::uint16_t port() const { return port_; }

    // How many datagrams and connections all peers of this process have got until now, and how many packets came here
    // to nobody: a peer that hangs up sees datagrams as little as anybody, and one that is silent sees no echo request.
    static std::uint64_t asked();

private:
    Peer(std::uint16_t port, pid_t pid) : port_(port), pid_(pid) {}

    std::uint16_t port_;
    pid_t pid_;
};

} // namespace sonde::checker
