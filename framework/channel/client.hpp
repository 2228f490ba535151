#pragma once

#include "channel/message.hpp"
#include "channel/url.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace sonde::channel {

struct ClientOptions {
    Url server;
    std::shared_ptr<const Identity> identity{}; // needed for https
    Role server_role = Role::controller;        // what the server's certificate must say
    std::size_t body_limit = 16 * 1024 * 1024;  // of a response that is collected in memory
    std::size_t header_limit = 16 * 1024;
    std::chrono::milliseconds connect_timeout{10'000}; // one address, including the TLS handshake
    // An idle connection is closed after this time: it would take 75 KiB on either side.
    std::chrono::milliseconds idle_limit{10'000};
};

// Takes the next piece of a streamed response body; an error ends the request with it.
using BodySink = std::function<Result<void>(std::string_view)>;

// Talks HTTP/1.1 to one server and keeps idle connections open. Requests may overlap: each takes an idle connection or
// opens one. Belongs to the executor's one thread.
//
// An error's `where` is the URL; its `what` says which step failed and, for TLS, which verification, by whom. Statuses
// are not errors. A request is sent a second time only when a kept-alive connection turned out to be closed before any
// byte of an answer came.
class Client {
public:
    Client(asio::any_io_executor executor, ClientOptions options);
    ~Client(); // closes
    Client(Client &&) noexcept;
    Client &operator=(Client &&) noexcept;

    // Requests in flight end with an error, and so does every further one.
    void close();

    // The whole exchange, connecting included, within `deadline` (only a name server that is slow to answer can hold it
    // up longer). Give the request a name and move it in: gcc 12 destroys a braced temporary in a co_await twice.
    asio::awaitable<Result<Response>> request(Request request, std::chrono::milliseconds deadline);

    // As request(), but a 2xx body goes to `sink` piece by piece (any other is collected in the response). `deadline`
    // is for the header, and then again for each piece.
    asio::awaitable<Result<Response>> stream(Request request, std::chrono::milliseconds deadline, BodySink sink);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace sonde::channel
