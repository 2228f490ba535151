#pragma once

#include <sonde/address.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include <sys/socket.h>

namespace sonde::dns {

// Stamps are CLOCK_REALTIME ns.

// One of ours passed the traffic control layer (before the local queue) or reached the driver (after it).
struct SendStamp {
    bool at_driver;
    std::int64_t ns;
};

// An error that somebody on the path, or this host itself, reports of what we sent.
struct IcmpError {
    sonde_ip from = {};
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    bool local = false; // never left this host
    int error = 0;      // errno
};

struct Datagram {
    plugin::Endpoint from;
    std::size_t size = 0;
    std::optional<std::int64_t> received;
    bool cut = false; // larger than the buffer
};

// Which transmit stamps a socket gets. One that sends a single datagram needs no more than the time; of several, the
// datagram that comes back with a stamp says whose it is.
enum class SendStamps { of_one, of_many, of_many_at_driver };

// Has the kernel stamp what `fd` sends and receives, and queue errors. False where it cannot.
bool enable_stamps(int fd, std::uint32_t family, SendStamps stamps);

// The next message of the error queue; nothing if it is empty. A message of no interest is monostate.
using QueuedEvent = std::variant<std::monostate, SendStamp, IcmpError>;
std::optional<QueuedEvent> read_error_queue(int fd);

// What a message of the error queue, or a datagram of `size` bytes, says of itself.
QueuedEvent event_of(const msghdr &message);
Datagram datagram_of(const msghdr &message, std::size_t size);

// The next datagram, into `buffer`; nothing if there is none.
std::optional<Datagram> read_datagram(int fd, std::span<std::uint8_t> buffer);

// How many packets the socket dropped for want of room since it was opened.
std::uint32_t packets_dropped(int fd);

} // namespace sonde::dns
