#pragma once

#include <sonde/plugin.h>

#include <cstdint>

namespace sonde::dns {

/*
 * What this host had no room for. A socket's own count of what it dropped holds packets with wrong checksums as well,
 * and the name space's count of what found no room holds other sockets': where both have grown since a socket was last
 * looked at, it was want of room. One socket's look takes nothing from another's.
 */
class Drops {
public:
    // What was counted when a socket was last looked at.
    struct Look {
        std::uint32_t socket = 0; // that it dropped
        std::uint64_t room = 0;   // that the name space dropped for want of room
    };

    // `host` outlives it.
    explicit Drops(const sonde_host &host) : host_(host) {}

    // Of a socket that was just opened.
    Look first() { return {0, recent()}; }
    // Whether `fd` has dropped a packet for want of room since the last look, which becomes that of now.
    bool since(int fd, Look &last);

private:
    std::uint64_t recent();
    std::uint64_t read();

    const sonde_host &host_;
    std::uint64_t room_ = 0;
    std::int64_t read_at_ = INT64_MIN; // CLOCK_MONOTONIC ns
};

} // namespace sonde::dns
