#pragma once

#include <cstdint>
#include <optional>

namespace sonde::dns {

// What a TCP connection has put on the line so far, at the IP layer.
struct StreamBytes {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    bool closed = false; // both sides have ended it, or one has broken it off
};

/*
 * From TCP_INFO; nothing if the kernel does not tell. Payload (sent: repetitions included; received: once) and for each
 * segment its headers: 20 bytes of IPv4 or 40 of IPv6, 20 of TCP, 12 more with timestamps; a SYN has 20 of options with
 * them, as Linux sends it, and so has the SYN/ACK then. `established`: the handshake of TCP is done; before, there are
 * SYNs alone, and perhaps the RST that answers. `read`: the bytes of payload that were read so far.
 */
std::optional<StreamBytes> read_stream_bytes(int fd, std::uint32_t family, bool established, std::uint64_t read);

} // namespace sonde::dns
