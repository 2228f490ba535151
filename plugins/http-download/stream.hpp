#pragma once

#include "head.hpp"
#include "link.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sonde::http_download {

// What a stream has to tell. Durations in ns; phases are those of the first connection.
struct StreamReport {
    std::optional<sonde_ip> address;
    plugin::Endpoint local; // of the last connection
    std::string interface;  // of the first one
    std::optional<std::int64_t> connect;
    std::optional<std::int64_t> handshake_rtt;
    std::optional<std::int64_t> tls;
    std::optional<std::int64_t> first_byte;
    std::optional<std::int64_t> begin; // CLOCK_MONOTONIC, first byte of a body
    std::int64_t last = 0;             // last byte of a body
    std::uint64_t bytes = 0;           // of payload
    std::uint32_t connections = 0;
    std::uint32_t requests = 0;
    std::optional<std::int32_t> http_status;
    std::string intermediary; // what the answer says of caches and proxies on the way
    std::string tls_version;
    std::string congestion_control; // of our own socket
    std::optional<std::int64_t> buffer;
    std::optional<std::uint64_t> confirmed_bytes; // upwards: what the server says it got
    std::optional<TcpFigures> tcp;                // of the last connection
    std::uint32_t out_of_order = 0;               // packets, all connections
    StreamEnd end;
};

// One stream of the run: a connection, or one after the other, that brings payload or takes it.
class Stream {
public:
    virtual ~Stream() = default;

    // The run is over: the last words, which may need the event loop again. `on_end` comes from here or from there.
    virtual void conclude() = 0;
    // Nobody waits any longer.
    virtual void abandon() = 0;
    // Reads the kernel's figures as of `now`.
    virtual void look(std::int64_t now) = 0;

    bool ended() const { return ended_; }
    const StreamReport &report() const { return report_; }

protected:
    // The first connection's phases, the last one's address.
    void note_link(const Link &link);
    // Why a run that is over had nothing from this stream; 0 where it had.
    StreamEnd verdict(const Meter &meter) const;

    StreamReport report_;
    bool ended_ = false;
};

// What a response's head says against going on; 0: nothing.
StreamEnd refusal_of(const Head &head);

} // namespace sonde::http_download
