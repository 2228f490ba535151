#pragma once

#include <cstdint>

namespace sonde::dns {

/*
 * Whether this host had no room for what came. A socket's own count holds packets with wrong checksums as well, and
 * that of the name space other sockets', so both must have grown.
 */
class Drops {
public:
    Drops();

    // Since this was made, and at `fd` since it was opened.
    bool any(int fd) const { return any(fd, 0); }
    // At `fd` beyond the `known` ones.
    bool any(int fd, std::uint32_t known) const;

private:
    std::uint64_t before_;
};

} // namespace sonde::dns
