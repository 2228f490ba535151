#pragma once

// Tables that both methods have, and the columns of the rest that mean the same in both.

#include "words.hpp"

#include <sonde/plugin.hpp>

#include <array>
#include <cstddef>

namespace sonde::http_download {

using plugin::column;

inline constexpr sonde_column kWindowColumns[] = {
    column({.id = "offset", .type = SONDE_DURATION, .help = "from the beginning of the transfer to the window"}),
    column({.id = "start", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_WALL}),
    column({.id = "duration", .type = SONDE_DURATION, .help = "100 ms; the last window may be shorter"}),
    column({.id = "bytes", .type = SONDE_INT, .unit = "B", .help = "payload of all streams"}),
    column({.id = "goodput", .type = SONDE_DOUBLE, .unit = "bit/s"}),
    column({.id = "out_of_order",
            .type = SONDE_INT,
            .unit = "packets",
            .help = "received out of order; the bytes in them count where they were released, later as a rule"}),
    column({.id = "after_warm_up", .type = SONDE_BOOL, .help = "after the warm-up"}),
    column({.id = "inflated",
            .type = SONDE_BOOL,
            .help = "packets came out of order in this window or shortly before: bytes held back may count here"}),
    column({.id = "out_of_order_bytes",
            .type = SONDE_INT,
            .unit = "B",
            .help = "in the packets received out of order, at most: full segments"}),
};

inline constexpr sonde_column kProbeColumns[] = {
    column({.id = "start", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_WALL, .help = "of its SYN"}),
    column({.id = "state", .type = SONDE_STRING, .words = kStateWords, .help = "idle: before the transfer"}),
    column({.id = "offset",
            .type = SONDE_DURATION,
            .nullable = true,
            .help = "from the beginning of the transfer; null before it"}),
    column({.id = "address", .type = SONDE_ADDRESS, .nullable = true, .help = "really used"}),
    column({.id = "tcp", .type = SONDE_DURATION, .nullable = true, .help = "SYN to SYN/ACK, by the kernel"}),
    column({.id = "tls", .type = SONDE_DURATION, .nullable = true, .help = "a round trip of the TLS handshake"}),
    column({.id = "http", .type = SONDE_DURATION, .nullable = true, .help = "request to first byte of its answer"}),
    column({.id = "outcome", .type = SONDE_STRING, .words = kOutcomeWords, .help = "completed, or why it failed"}),
    column({.id = "reason", .type = SONDE_STRING, .nullable = true, .help = "a failure in words"}),
};

inline constexpr sonde_column kRoundTripColumns[] = {
    column({.id = "state", .type = SONDE_STRING, .words = kStateWords, .help = "loaded: after the warm-up"}),
    column({.id = "kind",
            .type = SONDE_STRING,
            .words = kKindWords,
            .help = "a step of a separate connection, or as the kernel sees it on those that carry the load"}),
    column({.id = "count", .type = SONDE_INT, .help = "of round trips"}),
    column({.id = "minimum", .type = SONDE_DURATION}),
    column({.id = "median", .type = SONDE_DURATION}),
    column({.id = "p90", .type = SONDE_DURATION, .help = "nearest rank"}),
    column({.id = "p99", .type = SONDE_DURATION, .help = "nearest rank"}),
    column({.id = "maximum", .type = SONDE_DURATION}),
    column({.id = "mean", .type = SONDE_DURATION}),
    column({.id = "trimmed_mean", .type = SONDE_DURATION, .help = "of the lower 95 %"}),
};

// At the end of both summaries.
inline constexpr sonde_column kSummaryTail[] = {
    column({.id = "stable",
            .type = SONDE_BOOL,
            .nullable = true,
            .help = "more streams brought no more; null: none were added, as max_streams says"}),
    column({.id = "interface", .type = SONDE_STRING, .nullable = true, .help = "that carried the first stream"}),
    column({.id = "cross_received_bytes",
            .type = SONDE_INT,
            .nullable = true,
            .unit = "B",
            .help = "what else that interface received at the IP layer during the transfer"}),
    column({.id = "cross_sent_bytes", .type = SONDE_INT, .nullable = true, .unit = "B", .help = "and sent"}),
    column({.id = "path_mtu",
            .type = SONDE_INT,
            .nullable = true,
            .unit = "B",
            .help = "of our own packets, the least of all streams"}),
    column({.id = "baseline_rtt",
            .type = SONDE_DURATION,
            .nullable = true,
            .help = "the least that the kernel has seen of any SYN or segment of ours"}),
    column({.id = "loaded_rtt",
            .type = SONDE_DURATION,
            .nullable = true,
            .help =
                "mean after the warm-up of what the kernel sees on the connections that carry the load; where that is "
                "too coarse, of the probes' TCP round trips"}),
    column({.id = "bdp",
            .type = SONDE_INT,
            .nullable = true,
            .unit = "B",
            .help = "bandwidth-delay product (RFC 6349): ip_rate times baseline_rtt"}),
    column({.id = "buffer_delay",
            .type = SONDE_DOUBLE,
            .nullable = true,
            .unit = "%",
            .help = "by how much loaded_rtt exceeds baseline_rtt (RFC 6349)"}),
    column({.id = "rpm",
            .type = SONDE_DOUBLE,
            .nullable = true,
            .unit = "1/min",
            .help = "round trips per minute under load; null without responsiveness, or where it would be a guess"}),
    column({.id = "idle_rpm", .type = SONDE_DOUBLE, .nullable = true, .unit = "1/min", .help = "and before it"}),
    column({.id = "probes_failed",
            .type = SONDE_INT,
            .nullable = true,
            .unit = "probes",
            .help = "under load after the warm-up: failed, or not over a second after they began"}),
};

// At the end of both stream tables.
inline constexpr sonde_column kStreamTail[] = {
    column({.id = "local_address", .type = SONDE_ADDRESS, .nullable = true, .help = "of our side, really used"}),
    column({.id = "local_port", .type = SONDE_INT, .nullable = true, .help = "of the last connection"}),
    column({.id = "handshake_rtt",
            .type = SONDE_DURATION,
            .nullable = true,
            .help = "SYN to SYN/ACK, by the kernel's own clock, in us"}),
    column({.id = "path_mtu", .type = SONDE_INT, .nullable = true, .unit = "B", .help = "of our own packets"}),
    column({.id = "intermediary",
            .type = SONDE_STRING,
            .nullable = true,
            .help = "what the answer says of a cache or proxy (Via, Age, X-Cache, Cache-Status); null: nothing"}),
};

inline constexpr auto kWindowList = plugin::pointers(kWindowColumns);
inline constexpr auto kProbeList = plugin::pointers(kProbeColumns);
inline constexpr auto kRoundTripList = plugin::pointers(kRoundTripColumns);

// The NULL-terminated list of several arrays' columns, one behind the other.
template <std::size_t... N>
constexpr auto joined(const sonde_column (&...arrays)[N])
{
    std::array<const sonde_column *, (N + ...) + 1> list{};
    std::size_t at = 0;
    const auto add = [&](const sonde_column *columns, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            list[at++] = columns + i;
    };
    (add(arrays, N), ...);
    return list;
}

} // namespace sonde::http_download
