#pragma once

#include <cstdint>

namespace sonde::dns {

/*
 * What this host had no room for. A socket's own count of what it dropped holds packets with wrong checksums as well,
 * and the name space's count of what found no room holds other sockets': so many of a socket's count as the name space
 * has left when what was told before is taken off.
 */
class Drops {
public:
    Drops();

    // Packets that `fd` dropped for want of room beyond the `known` ones (0 when it is opened), which it updates.
    std::uint32_t at(int fd, std::uint32_t &known);
    // What other sockets dropped until now shall not count: when none of ours is open, or has just been looked at.
    void begin_anew();

private:
    std::uint64_t told_; // of the name space's count: before the run, or in answers
};

} // namespace sonde::dns
