#pragma once

#include "windows.hpp"

#include <algorithm>
#include <cstdint>

namespace sonde::http_download {

/*
 * Which windows may be too high since they count bytes that a lost or overtaken packet had held back. The kernel does
 * not say when it released them: a hole is filled after a round trip, or by a retransmission for which the sender's
 * timer, 200 ms at the least, had to run out.
 */
class HeldBack {
public:
    // Of one window, for its row.
    struct Said {
        std::uint32_t packets; // that came out of order
        std::uint64_t bytes;   // in them, at most
        bool inflated;
    };

    // By `now` some more packets had come out of order. Times in ns.
    void note(std::int64_t now, std::int64_t round_trip)
    {
        until_ = std::max(until_, now + kRetransmission + 2 * round_trip);
    }
    bool may_count_in(const Window &window) const { return window.start < until_; }

private:
    static constexpr std::int64_t kRetransmission = 200'000'000;

    std::int64_t until_ = INT64_MIN;
};

} // namespace sonde::http_download
