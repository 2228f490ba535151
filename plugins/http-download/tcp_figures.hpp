#pragma once

#include <cstdint>
#include <optional>

namespace sonde::http_download {

// What the kernel knows of a connection, as far as it means something to a receiver. Sums since the connection began.
struct TcpFigures {
    std::uint64_t ip_received_bytes = 0; // an estimate, see below
    std::uint64_t ip_sent_bytes = 0;
    std::uint64_t may_come_bytes = 0;            // payload that the offered window lets the sender send unasked
    std::uint32_t out_of_order = 0;              // packets
    std::optional<std::int64_t> round_trip;      // ns, as the receiver sees it
    std::optional<std::uint32_t> segment_bytes;  // the largest received
    std::optional<std::uint32_t> receive_window; // bytes; Linux 6.2
};

/*
 * Reads TCP_INFO; nothing if the kernel does not give all that is needed (Linux 4.19 does, out_of_order 5.4).
 *
 * The bytes at the IP layer are an estimate: payload (in order, received once) plus segments times headers, which are
 * 20 bytes of IPv4 or 40 of IPv6, 20 of TCP, 12 more with timestamps, and 8 more for each of SYN and SYN/ACK. Not in
 * it: SACK blocks, payload that came twice, and what arrives after the last look.
 */
std::optional<TcpFigures> read_tcp_figures(int fd, std::uint32_t family);

} // namespace sonde::http_download
