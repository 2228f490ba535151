#pragma once

#include "meter.hpp"

#include <cstdint>
#include <optional>

namespace sonde::http_download {

// What kept the rate from being higher, as far as our side can tell. Their words differ by direction, see words.hpp.
enum class Limit { own_cpu, receive_window, other_side, budget, too_short, unknown, send_buffer };

// How this process stood at one moment.
struct Snapshot {
    std::int64_t at = 0;        // CLOCK_MONOTONIC ns
    std::int64_t cpu = 0;       // ns of processor time used
    std::int64_t waiting = 0;   // ns ready to run without a processor; 0 where the kernel does not tell
    std::uint64_t ip_bytes = 0; // in the direction that is measured
};

Snapshot take_snapshot(std::int64_t now, std::uint64_t ip_bytes);

// How senders stood at one moment: sums over all streams, in ns.
struct SenderTimes {
    std::int64_t busy = 0;
    std::int64_t held_by_window = 0;
    std::int64_t held_by_buffer = 0;
};

// What one stream brought in some time after the warm-up.
struct WindowSample {
    std::uint64_t bytes = 0; // payload
    std::int64_t duration = 0;
    std::int64_t round_trip = 0;
    std::int64_t idle_round_trip = 0; // the connection's set-up, by the kernel
    std::uint32_t receive_window = 0;
};

// What comes in bursts, one a round trip, is a rate over several of those alone.
bool is_complete(const WindowSample &sample);

/*
 * True if the stream filled the window that we offered: what a round trip brings comes to 80 % of it, and the round
 * trip has not doubled. A window filled because a queue on the path has grown is the path's limit. Where the idle round
 * trip is shorter than a receiver's kernel can tell, that one is taken: a window that fills even so is full.
 */
bool fills_window(const WindowSample &sample);

// What a run has seen, for the verdict.
struct Evidence {
    End end = End::none;
    std::optional<Snapshot> warm; // the first look after the warm-up
    Snapshot last;
    std::uint64_t samples = 0;
    std::uint64_t full_windows = 0;
    Direction direction = Direction::down;
    SenderTimes sender_warm; // upwards, with `warm` and `last`
    SenderTimes sender_last;
};

// Share of the time after the warm-up in which this process used a processor or waited for one; null if that was
// less than a window.
std::optional<double> busy_share(const Evidence &evidence);

// Unknown where the kernel does not say how large the window was.
Limit judge(const Evidence &evidence);

} // namespace sonde::http_download
