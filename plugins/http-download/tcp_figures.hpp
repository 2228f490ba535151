#pragma once

#include "settings.hpp"

#include <cerrno>
#include <cstdint>
#include <optional>

namespace sonde::http_download {

// A receiver's kernel knows round trips from TCP timestamps, which count milliseconds; a sender's in microseconds.
constexpr std::int64_t kReceiverGrain = 1'000'000; // ns

// What the kernel knows of a connection, as far as it means something to the side that we are. Sums since the
// connection began; times in ns.
struct TcpFigures {
    bool stands = false;                 // it is established, or was and has not ended on both sides
    bool closed = false;                 // both sides have ended it, or it came to nothing
    std::uint64_t header_bytes = 0;      // of a segment, IP and TCP
    std::uint64_t ip_received_bytes = 0; // an estimate, see below
    std::uint64_t ip_sent_bytes = 0;
    std::uint64_t ip_carried_bytes = 0;           // of them, those of the direction that is measured, nothing twice
    std::uint64_t may_come_bytes = 0;             // payload that is under way, or may be, whatever we do now
    std::uint32_t unacknowledged_segments = 0;    // that were sent
    std::uint32_t path_mtu = 0;                   // of our own packets
    std::optional<std::int64_t> least_round_trip; // that our own segments, the SYN first, have seen

    // To a receiver.
    std::uint64_t received_bytes = 0;            // of TCP payload, in order
    std::uint32_t out_of_order = 0;              // packets
    std::optional<std::int64_t> round_trip;      // as this side sees it: a receiver's or a sender's
    std::optional<std::uint32_t> segment_bytes;  // the largest received
    std::optional<std::uint32_t> receive_window; // bytes; Linux 6.2

    // To a sender.
    std::uint64_t unacknowledged_bytes = 0; // given to the kernel and not acknowledged, sent or not
    std::uint64_t sent_bytes = 0;           // of TCP payload, repetitions included
    std::uint64_t repeated_bytes = 0;
    std::int64_t busy = 0;           // with something to send
    std::int64_t held_by_window = 0; // of that, the other side's window was full
    std::int64_t held_by_buffer = 0; // of that, our own send buffer was
};

/*
 * Reads TCP_INFO; nothing if the kernel does not give all that is needed (Linux 4.19 does, out_of_order 5.4).
 *
 * The bytes at the IP layer are an estimate: payload (received: in order, once; sent: repetitions included) plus
 * segments times headers, which are 20 bytes of IPv4 or 40 of IPv6, 20 of TCP, 12 more with timestamps, and what the
 * options of SYN and SYN/ACK take beyond that. Not in it: SACK blocks, payload that came twice, and what arrives after
 * the last look. `broken`: it has ended by a reset or a timeout, without the other side's FIN.
 */
std::optional<TcpFigures> read_tcp_figures(int fd, std::uint32_t family, Direction direction, bool broken);

// That a call on a connection failed with this errno says that the connection has ended, and not by a FIN.
constexpr bool ends_without_fin(int error)
{
    // A reset behind a FIN is EPIPE, and so is what follows another error.
    return error != 0 && error != EPIPE && error != EAGAIN && error != EINTR && error != ENOTCONN;
}

} // namespace sonde::http_download
