#pragma once

#include "channel/deadline.hpp"
#include "channel/http_parser.hpp"
#include "channel/server.hpp"
#include "channel/stream.hpp"
#include "channel/tls.hpp"
#include "channel/wire.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sonde::channel {

// What a server's connections share.
struct ServerCore {
    ServerOptions options;
    Log &log;
    std::shared_ptr<const TlsContext> tls; // null: plain HTTP
    bool stopping = false;
};

// One accepted connection, from its handshake to its end: one coroutine. Everything that ends it early (a deadline, a
// client that left, the server's stop) cancels the operation that the coroutine waits for.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    // An `overloaded` one gets 503 for its first request.
    Connection(std::shared_ptr<const ServerCore> core, asio::ip::tcp::socket socket, bool overloaded);

    void start(std::function<void()> ended);
    void cancel();
    bool idle() const { return idle_; }

private:
    asio::awaitable<void> run();
    asio::awaitable<bool> handshake();
    asio::awaitable<bool> serve_one();
    asio::awaitable<bool> wait_for_request();
    asio::awaitable<ParseError> advance(HttpParser &parser, bool (HttpParser::*until)() const);
    asio::awaitable<std::optional<Response>> read_request(HttpParser &parser, Request &request);
    std::optional<Response> judge_head(HttpParser &parser, Request &request);
    asio::awaitable<std::optional<Response>> answer(Request request);
    asio::awaitable<bool> respond(Response response, const HttpParser &parser, bool head_only, bool keep_alive);
    asio::awaitable<bool> send_produced(const Response &response, std::string head, Framing framing);
    asio::awaitable<bool> send(Pieces pieces);
    asio::awaitable<void> close();
    void watch_client();
    void log_refusal(const Response &response, const Request &request) const;

    std::shared_ptr<const ServerCore> core_;
    std::unique_ptr<Stream> stream_;
    Deadline deadline_;
    asio::cancellation_signal cancel_;
    std::optional<PeerIdentity> peer_;
    std::string remote_;
    std::string unread_;
    std::uint64_t discarded_ = 0; // of this request's body
    bool overloaded_;
    bool last_ = false; // no request may follow this one
    bool idle_ = false;
    bool in_handler_ = false;
    bool watching_ = false;
    bool cancelled_ = false;
};

} // namespace sonde::channel
