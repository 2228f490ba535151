#pragma once

#include "ledger.hpp"
#include "line_size.hpp"
#include "packet.hpp"
#include "settings.hpp"

#include <sonde/plugin.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::ping {

// One family: requests out in batches, arrivals and transmit stamps in. Over IPv4 by one socket. Over IPv6 by two,
// since the kernel either fills in checksums and drops what has a wrong one, unseen, or does neither: one sends, and
// the other takes in what is damaged too.
class Endpoint {
public:
    struct Request {
        std::uint64_t number;
        sonde_ip to;
    };
    struct Received {
        Arrival arrival;
        std::optional<std::int64_t> stamp; // CLOCK_REALTIME ns
    };
    // Two stamps of each wait in the sender's buffer: a batch must leave room in it.
    static constexpr std::size_t kBatch = 64;

    // Throws Failure{kNoSocket} when the host gives none or the kernel refuses the filter: without it the socket would
    // drown in other programs' replies.
    Endpoint(const sonde_host &host, std::uint32_t family, const Format &format, const Settings &settings);

    // Becomes readable when something has come in. Transmit stamps wake nobody: between a packet's stamp and its way
    // out that would take 0.6 us.
    int fd() const { return receiver_.get(); }

    // Sends up to kBatch requests in their order. `done(i, 0)` for each that the kernel took, `done(i, errno)` for each
    // that it refused. Returns how many were dealt with: fewer than given when the send buffer is full.
    std::size_t send(std::span<const Request> requests, const std::function<void(std::size_t, int)> &done);

    // Takes in what is there, at most kBatch packets; true if there may be more. Appends to `received`; adds to
    // `bytes` what all of them were on the line.
    bool receive(std::vector<Received> &received, std::uint64_t &bytes);
    // Takes in all transmit stamps that are there.
    void drain_stamps(const std::function<void(const Looped &, Stamp, std::int64_t)> &stamped);
    // How many packets for us the kernel has dropped so far, for want of room in the receive buffer as a rule.
    std::uint32_t drops() const;
    std::uint32_t receive_buffer() const;
    std::uint32_t send_buffer() const;

    // What a request sent there now, or an answer to it, is on the line, IP headers included.
    std::uint32_t request_bytes(const sonde_ip &to) const { return line_size_.to(to); }

private:
    struct Slots {
        Slots(std::size_t count, std::size_t bytes);
        std::vector<std::uint8_t> data;
        std::vector<sockaddr_in6> names; // large enough for either family
        std::vector<std::array<std::uint8_t, 256>> controls;
        std::vector<iovec> vectors;
        std::vector<mmsghdr> headers;
        std::size_t bytes;
        void rewind();
        std::span<const std::uint8_t> content(std::size_t i) const;
    };

    std::uint32_t family_;
    Format format_;
    std::size_t packet_bytes_;
    LineSize line_size_;
    sonde::plugin::Fd sender_, receiver_;
    Slots out_, in_, stamps_;
};

} // namespace sonde::ping
