#pragma once

#include "meter.hpp"

#include <cstdint>
#include <optional>

namespace sonde::http_download {

// What kept the rate from being higher, as far as a receiver can tell.
enum class Limit { receiver_cpu, receive_window, sender_or_path, budget, too_short };

// How this process stood at one moment.
struct Snapshot {
    std::int64_t at = 0;      // CLOCK_MONOTONIC ns
    std::int64_t cpu = 0;     // ns of processor time used
    std::int64_t waiting = 0; // ns ready to run without a processor; 0 where the kernel does not tell
    std::uint64_t ip_received_bytes = 0;
};

Snapshot take_snapshot(std::int64_t now, std::uint64_t ip_received_bytes);

// One look at one stream after the warm-up.
struct WindowSample {
    std::uint64_t bytes = 0;   // payload since the last look
    std::int64_t duration = 0; // ns since then
    std::int64_t round_trip = 0;
    std::int64_t idle_round_trip = 0; // the connection's set-up
    std::uint32_t receive_window = 0;
};

/*
 * True if the stream filled the window that we offered: what a round trip brings comes to 80 % of it, and the round
 * trip has not doubled. A window filled because a queue on the path has grown is the path's limit.
 */
bool fills_window(const WindowSample &sample);

// What a run has seen, for the verdict.
struct Evidence {
    End end = End::none;
    std::optional<Snapshot> warm; // the first look after the warm-up
    Snapshot last;
    std::uint64_t samples = 0;
    std::uint64_t full_windows = 0;
};

// Share of the time after the warm-up in which this process used a processor or waited for one; null if that was
// less than a window.
std::optional<double> busy_share(const Evidence &evidence);

// Null: it cannot be told (the kernel does not say how large the window was).
std::optional<Limit> judge(const Evidence &evidence);

} // namespace sonde::http_download
