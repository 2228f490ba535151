#pragma once

#include <sonde/plugin.hpp>

#include <cstdint>
#include <vector>

namespace sonde::dns {

/*
 * Sockets for one query each, so that each has a fresh random port (RFC 5452 section 9.2). The host is asked for a few
 * at a time, since asking costs more than opening.
 */
class SocketPool {
public:
    explicit SocketPool(const sonde_host &host) : host_(host) {}

    // A socket that stamps, or a positive errno.
    struct Taken {
        plugin::Fd fd;
        int error = 0;
    };
    // `ahead`: how many more will certainly be taken; no more than that are opened.
    Taken take(std::uint32_t family, std::uint64_t ahead);

private:
    std::vector<plugin::Fd> &free_of(std::uint32_t family) { return family == 4 ? v4_ : v6_; }

    const sonde_host &host_;
    std::vector<plugin::Fd> v4_;
    std::vector<plugin::Fd> v6_;
};

} // namespace sonde::dns
