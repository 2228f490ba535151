#pragma once

#include "http2.hpp"
#include "socket_traits.hpp"
#include "stream_bytes.hpp"
#include "tally.hpp"
#include "tls.hpp"

#include <sonde/address.hpp>
#include <sonde/event.hpp>
#include <sonde/plugin.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::dns {

class Exchange;

// What all connections of a run share; outlives them.
struct Connecting {
    const sonde_host &host;
    event_base &base;
    const Settings &settings;
    std::unique_ptr<Tls> tls; // none if no transport needs it

    std::int64_t now() const { return host.now(&host, SONDE_CLOCK_MONOTONIC); }
};

/*
 * A TCP connection to a server, perhaps with TLS and HTTP/2 over it, from its first SYN to its end: carries queries of
 * exchanges, which it does not own and must not outlive, several at a time.
 */
class Connection {
public:
    struct Phases {
        bool resumed = false; // the TLS session
        std::int64_t begun = 0;
        std::optional<std::int64_t> connect; // ns
        std::optional<std::int64_t> tls;     // ns
        const char *tls_version = nullptr;
        std::optional<plugin::Endpoint> local;
        std::optional<SocketTraits> socket;
    };

    // `over`: it has ended and may be destroyed, though not from within the call.
    Connection(Connecting &shared, const Server &server, std::size_t server_index, Transport transport, bool resume,
               std::function<void(Connection &)> over);
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;
    ~Connection();

    // Connects; what goes wrong comes to the exchanges, from the event loop.
    void begin();
    // Sends its query as soon as the connection is there.
    void ask(Exchange &exchange);
    // Nobody waits for its answer any more.
    void forget(const Exchange &exchange);
    // No more queries: ends the connection in order, and counts its last bytes.
    void finish();
    // Ends it as it stands, and counts.
    void abandon();

    // It can take a query.
    bool usable() const;
    bool is_ready() const { return stage_ == Stage::ready; }
    bool is_over() const { return stage_ == Stage::over; }
    bool carries_queries() const { return !waiting_.empty(); }
    const Phases &phases() const { return phases_; }
    // How far it is, for a message.
    const char *waiting_for() const;
    // Of the answer that is on its way over TCP or TLS, in bytes: those that came.
    std::size_t begun_answer() const { return transport_ == Transport::doh ? 0 : input_.size(); }

private:
    enum class Stage { fresh, connecting, securing, ready, closing, over };
    struct Waiting {
        Exchange *exchange;
        std::int32_t stream; // of HTTP/2
    };

    void connected();
    void secure();
    void secured();
    void submit(Exchange &exchange);
    void write();
    void read();
    bool is_flood(std::size_t size);
    bool take(const std::uint8_t *data, std::size_t size); // false: it has ended
    void take_messages();
    void take_message(Octets message);
    void take_response(Http2::Response response);
    void fail(Outcome outcome, const std::string &reason);
    void close_in_order();
    void watch_end();
    void end();
    void count();
    std::optional<StreamBytes> bytes() const;
    std::string authority() const;
    std::string tls_name() const;

    Connecting &shared_;
    const Server &server_;
    const std::size_t server_index_;
    const Transport transport_;
    const bool resume_;
    std::function<void(Connection &)> over_;
    Stage stage_ = Stage::fresh;
    plugin::Fd fd_;
    Ssl ssl_; // before fd_ in destruction
    std::unique_ptr<Http2> http_;
    std::unique_ptr<plugin::Event> readable_;
    std::unique_ptr<plugin::Event> writable_;
    plugin::Event timer_;
    Phases phases_;
    std::vector<Waiting> waiting_;
    std::vector<std::uint8_t> input_;
    std::vector<std::uint8_t> output_;
    std::int64_t secure_begun_ = 0;
    std::int64_t closing_since_ = 0;
    std::size_t unasked_ = 0;      // bytes that came since somebody waited for an answer
    std::uint64_t plain_read_ = 0; // bytes, past TLS
    int begin_error_ = 0;
    StreamBytes counted_;
};

} // namespace sonde::dns
