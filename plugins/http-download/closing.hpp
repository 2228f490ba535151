#pragma once

#include "meter.hpp"
#include "tcp_figures.hpp"

#include <sonde/plugin.hpp>

#include <cstdint>
#include <vector>

namespace sonde::http_download {

// Passes on what a connection carried since `seen`, which becomes `now`.
void account(Meter &meter, const TcpFigures &now, TcpFigures &seen, bool carries);

/*
 * Connections that nobody needs any longer, until they have ended on the line too: what their last packets carry is in
 * the account. Each says that we shall send no more, and nothing more is read: a server that goes on sending stops when
 * the window that it was offered is full. What does not end by itself is reset once nothing is under way any more.
 */
class Closing {
public:
    Closing(const sonde_host &host, Meter &meter, Direction direction)
        : host_(host), meter_(meter), direction_(direction)
    {
    }

    // `seen` is with the meter already. `carries`: the payload that is measured. `broken`: an error of the connection
    // was read, that is, it has ended without a FIN.
    void add(plugin::Fd fd, std::uint32_t family, const TcpFigures &seen, bool carries, bool broken);
    // Lets go of those that have ended; with `last`, of all: what may still be under way is taken for come.
    void sweep(bool last);
    bool empty() const { return leaving_.empty(); }

private:
    struct Leaving {
        plugin::Fd fd;
        std::uint32_t family;
        TcpFigures seen;
        bool carries;
        bool broken;
        bool said_end = false;
        std::int64_t added_at;                 // CLOCK_MONOTONIC ns
        std::int64_t moved_at;                 // when it was last seen to carry something
        std::uint64_t received_when_added = 0; // of TCP payload
    };

    bool has_left(Leaving &one, bool last);
    void reset(const Leaving &one, bool moves);
    std::uint64_t under_way(const Leaving &one) const;

    const sonde_host &host_;
    Meter &meter_;
    Direction direction_;
    std::vector<Leaving> leaving_;
};

} // namespace sonde::http_download
