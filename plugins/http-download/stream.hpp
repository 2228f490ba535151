#pragma once

#include "body.hpp"
#include "connector.hpp"
#include "meter.hpp"
#include "tcp_figures.hpp"
#include "transport.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::http_download {

// What all streams of a run share; outlives them.
struct Shared {
    const sonde_host &host;
    event_base &base;
    const Settings &settings;
    std::vector<sonde_ip> addresses;
    TlsContext tls; // none for http
    Meter &meter;
    std::vector<char> buffer; // for what must be looked at
};

// How a stream ended: 0 for "it transferred until the run was over", else a status.
struct StreamEnd {
    std::int32_t status = 0;
    std::string text;
};

// What a stream has to tell. Durations in ns.
struct StreamReport {
    std::optional<sonde_ip> address;
    std::optional<std::int64_t> connect;
    std::optional<std::int64_t> tls;
    std::optional<std::int64_t> first_byte;
    std::optional<std::int64_t> begin; // CLOCK_MONOTONIC, first byte of a body
    std::int64_t last = 0;             // last byte of a body
    std::uint64_t bytes = 0;
    std::uint32_t connections = 0;
    std::uint32_t requests = 0;
    std::optional<std::int32_t> http_status;
    std::string tls_version;
    std::string congestion_control; // of our own socket
    std::optional<std::int64_t> receive_buffer;
    std::optional<TcpFigures> tcp;  // of the last connection
    std::uint32_t out_of_order = 0; // packets, all connections
    StreamEnd end;
};

/*
 * One stream: connects, sets up TLS, asks, reads the body, asks again on the same connection when the body ends before
 * the run, and connects again where the server ended the connection. Phases are those of the first time round.
 */
class Stream {
public:
    // `on_end` is called once, from the event loop or from `stop`, and must not destroy the stream.
    Stream(Shared &shared, std::function<void()> on_end);

    // The run is over: a last look at the kernel's figures, then the connection is cut.
    void stop();
    bool ended() const { return ended_; }
    const StreamReport &report() const { return report_; }
    // Reads the kernel's figures and passes what they grew by to the meter.
    void look();

private:
    void connect();
    void connected(Connector::Connected connection);
    void handshake();
    void request();
    void send_request();
    void readable();
    void read_batch();
    // One read of at most `most` bytes; nothing if the batch is over.
    std::optional<std::size_t> read_some(std::uint64_t most);
    bool take(std::string_view data); // false: the stream ended or begins anew
    bool head_done();
    bool body_done(bool clean);
    void connection_ended();
    void note_payload();
    void wait_for(short what, void (Stream::*step)());
    void disconnect();
    void end(std::int32_t status, std::string text);
    void fail_handshake();
    void renew_patience();
    void out_of_patience();
    std::int64_t now() const { return shared_.host.now(&shared_.host, SONDE_CLOCK_MONOTONIC); }

    Shared &shared_;
    std::function<void()> on_end_;
    StreamReport report_;
    std::unique_ptr<Connector> connector_;
    Transport transport_;
    std::unique_ptr<plugin::Event> waiting_;
    void (Stream::*step_)() = nullptr;
    plugin::Event patience_;
    HeadReader head_;
    Body body_;
    bool reading_body_ = false;
    bool got_byte_ = false; // of this response
    std::uint64_t noted_payload_ = 0;
    std::string unsent_;
    std::int64_t phase_begun_ = 0;
    TcpFigures seen_; // of this connection, already with the meter
    bool ended_ = false;
};

} // namespace sonde::http_download
