#pragma once

#include "closing.hpp"
#include "connector.hpp"
#include "meter.hpp"
#include "tcp_figures.hpp"
#include "transport.hpp"

#include <sonde/address.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::http_download {

// What all connections of a run share; outlives them.
struct Shared {
    const sonde_host &host;
    event_base &base;
    const Settings &settings;
    std::vector<sonde_ip> addresses;
    TlsContext tls; // none for http
    Meter &meter;
    Closing &closing;
    std::vector<char> buffer; // what must be looked at is read into it
    std::string frames;       // upwards: what is sent, see chunked_request.hpp

    std::int64_t now() const { return host.now(&host, SONDE_CLOCK_MONOTONIC); }
};

// Why something ended: 0 for "it did what it was to do", else a status.
struct StreamEnd {
    std::int32_t status = 0;
    std::string text;
};

/*
 * One connection, from its first SYN on: connects, sets up TLS, and then lets its owner read and write.
 * Whatever it carries is with the meter. A callback may destroy it.
 */
class Link {
public:
    using Step = std::function<void()>;
    using OnFailed = std::function<void(StreamEnd)>;
    enum class Purpose { transfer, probe };

    // `on_ready` or `on_failed` is called, once, from the event loop, and `on_tls` when TLS begins to be set up.
    // `first`: the address to try before the others.
    Link(Shared &shared, Purpose purpose, const std::optional<sonde_ip> &first, Step on_tls, Step on_ready,
         OnFailed on_failed);
    Link(const Link &) = delete;
    Link &operator=(const Link &) = delete;
    ~Link() { close(); }

    // Once ready. Durations in ns.
    const sonde_ip &address() const { return address_; }
    const plugin::Endpoint &local() const { return local_; }
    std::int64_t connect_time() const { return connect_time_; }                  // as the event loop saw it
    std::optional<std::int64_t> handshake_rtt() const { return handshake_rtt_; } // as the kernel did
    std::optional<std::int64_t> tls_time() const { return tls_time_; }
    const char *tls_version() const { return transport_.tls_version(); }
    std::string congestion_control() const;
    std::string interface() const;                        // that was chosen, or through which the system routes
    std::optional<std::int64_t> buffer(int option) const; // SO_RCVBUF or SO_SNDBUF
    Transport &transport() { return transport_; }

    // `what` of libevent: calls `step` when that is possible, at once when something was read ahead.
    void wait_for(short what, Step step);
    // Calls it again soon, after whatever is due.
    void wake();

    // Reads the kernel's figures and passes what they grew by to the meter.
    std::optional<TcpFigures> look();
    // Leaves the connection to itself, and what it still carries to Closing.
    void close();

    // What did not come to its end, for a message.
    const char *waiting_for() const;

private:
    void connected(Connector::Connected connection);
    void handshake();
    void fail_handshake();

    Shared &shared_;
    Purpose purpose_;
    Step on_tls_;
    Step on_ready_;
    OnFailed on_failed_;
    std::unique_ptr<Connector> connector_;
    Transport transport_;
    std::unique_ptr<plugin::Event> waiting_;
    std::unique_ptr<plugin::Event> again_;
    sonde_ip address_ = {};
    plugin::Endpoint local_;
    std::int64_t connect_time_ = 0;
    std::optional<std::int64_t> handshake_rtt_;
    std::optional<std::int64_t> tls_time_;
    std::int64_t phase_begun_ = 0;
    TcpFigures seen_; // already with the meter
};

// What a server said, fit for a message.
std::string printable(std::string_view text);

} // namespace sonde::http_download
