#pragma once

#include "base/log.hpp"
#include "channel/message.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sonde::channel {

// Answers a request. It may wait (a long poll): when the client leaves or the server stops, the awaited operation is
// cancelled (operation_aborted) and the coroutine unwinds. An exception out of it is a bug: 500 and an error line.
using Handler = std::function<asio::awaitable<Response>(Request)>;

// Looks at a request without its body, before the body is read; a response refuses it. For what may be judged by the
// role and the path alone, so that nobody without the right uploads megabytes first.
using Admit = std::function<std::optional<Response>(const Request &)>;

// Beyond ServerOptions::max_connections so many more are let in to be told 503; others are closed at once.
inline constexpr std::size_t kOverloadedConnections = 64;

struct ServerOptions {
    std::shared_ptr<const Identity> identity; // absent: plain HTTP
    bool client_certificates = true;          // false: HTTPS for anybody, `Request::peer` stays empty
    Handler handler;
    Admit admit{};
    // The server stops: what waits in a handler should answer now. Called once, before requests are given their grace.
    std::function<void()> on_stop{};

    std::size_t body_limit = 16 * 1024 * 1024; // more gets 413
    bool discard_bodies = false;               // they are counted, and not kept: see Request::discarded_bytes
    std::size_t header_limit = 16 * 1024;      // more gets 431
    std::size_t max_connections = 4096;        // more get 503 with Retry-After
    std::chrono::milliseconds handshake_deadline{10'000};
    std::chrono::milliseconds request_deadline{30'000}; // from a request's first byte to its last; late gets 408
    std::chrono::milliseconds idle_timeout{120'000};    // between two requests
    std::chrono::milliseconds stall_timeout{30'000};    // a client that takes no byte of a response for so long
};

// An HTTP/1.1 server on one executor that runs on one thread; every handler runs there. TLS is version 1.3, and unless
// told otherwise a client must show a certificate of our authority with an id and a role.
//
// Whatever is refused (no or a bad certificate, a damaged or late request, a body too large, a refuse() of the handler)
// is one warning line and, where one can be sent, a status.
class Server {
public:
    // `log` must outlive the last handler that the executor runs.
    Server(asio::any_io_executor executor, ServerOptions options, Log &log);
    ~Server(); // closes everything at once
    Server(Server &&) noexcept;
    Server &operator=(Server &&) noexcept;

    // Listens on "127.0.0.1:8080" or "[::1]:0" (0: the kernel chooses) and logs `listening on=127.0.0.1:34567 tls=no`.
    // May be called several times. Returns the address in the logged form.
    Result<std::string> listen(const std::string &address);

    // Stops listening, tells `on_stop`, closes idle connections, lets requests in flight finish for `grace`, then
    // cancels them.
    asio::awaitable<void> stop(std::chrono::milliseconds grace);

    std::size_t connections() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

// Every program that writes to sockets calls it first: a peer that leaves must be an error, not the end of the program.
void ignore_sigpipe();

} // namespace sonde::channel
