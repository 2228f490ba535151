#include "channel/client_connection.hpp"

#include "channel/wire.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <algorithm>

namespace sonde::channel {

using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

// Room for what a server sends before and beside the body's pieces.
constexpr std::size_t kUnlimited = SIZE_MAX / 2;

bool is_success(int status)
{
    return status >= 200 && status < 300;
}

} // namespace

ClientConnection::ClientConnection(asio::any_io_executor executor)
    : resolver_(executor), connecting_(executor), deadline_(executor, [this] { cancel(); })
{
}

void ClientConnection::cancel()
{
    error_code ignored;
    resolver_.cancel();
    if (connecting_.is_open())
        connecting_.cancel(ignored);
    if (stream_)
        stream_->socket().cancel(ignored);
}

void ClientConnection::abandon()
{
    abandoned_ = true;
    cancel();
}

Error ClientConnection::failure(const std::string &what, const error_code &error) const
{
    return Error{"", what + ": " + (deadline_.passed() ? "took too long" : describe(error)), ""};
}

asio::awaitable<Result<ClientConnection::Endpoints>> ClientConnection::resolve(const Url &server)
{
    // A numeric address needs no resolver, which would start a thread.
    error_code error;
    const auto address = asio::ip::make_address(server.host, error);
    if (!error)
        co_return Endpoints{tcp::endpoint(address, server.port)};
    auto found =
        co_await resolver_.async_resolve(server.host, std::to_string(server.port), tcp::resolver::numeric_service,
                                         asio::redirect_error(asio::use_awaitable, error));
    if (error || deadline_.passed())
        co_return failure("resolving " + server.host, error);
    Endpoints endpoints;
    for (const auto &entry : found)
        endpoints.push_back(entry.endpoint());
    co_return endpoints;
}

asio::awaitable<Result<void>> ClientConnection::connect(const tcp::endpoint &endpoint, const ClientOptions &options,
                                                        const TlsContext *tls)
{
    error_code error;
    stream_.reset();
    connecting_ = tcp::socket(connecting_.get_executor());
    co_await connecting_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    if (error || deadline_.passed())
        co_return failure("connecting to " + to_text(endpoint), error);
    connecting_.set_option(tcp::no_delay(true), error);
    stream_ = tls != nullptr ? tls->connected(std::move(connecting_), options.server.host, options.server_role)
                             : plain_stream(std::move(connecting_));
    auto greeted = co_await stream_->handshake();
    if (deadline_.passed())
        co_return failure("TLS with " + to_text(endpoint), {});
    if (!greeted)
        co_return Error{"", "TLS with " + to_text(endpoint) + ": " + greeted.error().what, ""};
    co_return Result<void>{};
}

asio::awaitable<Result<void>> ClientConnection::open(const ClientOptions &options, const TlsContext *tls,
                                                     ExchangeLimits limits)
{
    deadline_.set(limits.end);
    auto endpoints = co_await resolve(options.server);
    if (!endpoints)
        co_return endpoints.error();
    std::string reasons;
    for (const auto &endpoint : *endpoints) {
        deadline_.set(std::min(limits.end, Clock::now() + options.connect_timeout));
        auto connected = co_await connect(endpoint, options, tls);
        if (connected) {
            deadline_.clear();
            co_return connected;
        }
        stream_.reset();
        reasons += (reasons.empty() ? "" : "; ") + connected.error().what;
        if (abandoned_ || Clock::now() >= limits.end)
            break;
    }
    co_return Error{"", reasons, ""};
}

bool ClientConnection::fresh()
{
    // Idle, it must be silent: a byte is a TLS alert or an answer to nothing, and 0 is the end.
    char byte = 0;
    const auto got = recv(stream_->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<Result<void>> ClientConnection::send(std::string_view head, std::string_view body)
{
    Pieces left{asio::const_buffer(head.data(), head.size()), asio::const_buffer(body.data(), body.size()),
                asio::const_buffer()};
    while (asio::buffer_size(left) > 0) {
        error_code error;
        auto bytes = co_await stream_->write_some(left, error);
        if (error || deadline_.passed())
            co_return failure("sending the request", error);
        for (auto &piece : left) {
            const auto taken = std::min(bytes, piece.size());
            piece += taken;
            bytes -= taken;
        }
    }
    co_return Result<void>{};
}

// Reads what there is into the parser's sight; 0 at the server's end.
asio::awaitable<Result<std::size_t>> ClientConnection::read_more(HttpParser &parser)
{
    const auto kept = unread_.size();
    unread_.resize(kept + kReadSize);
    error_code error;
    const auto bytes = co_await stream_->read_some(asio::buffer(unread_) + kept, error);
    unread_.resize(kept + (error ? 0 : bytes));
    if (deadline_.passed())
        co_return Error{"", parser.header_done() ? "the answer did not come to its end in time" : "no answer in time",
                        ""};
    if (error == asio::error::eof)
        co_return std::size_t{0};
    if (error)
        co_return failure("reading the answer", error);
    unanswered_ = false;
    co_return bytes;
}

// Reads one whole response, handing the body to the sink if that is to have it.
asio::awaitable<Result<void>> ClientConnection::receive(HttpParser &parser, const ClientOptions &options,
                                                        ExchangeLimits limits, const BodySink *sink)
{
    while (!parser.done()) {
        ParseError problem;
        const auto taken = parser.put(unread_, problem);
        unread_.erase(0, taken);
        if (problem)
            co_return Error{"", "bad answer: " + problem.reason, ""};
        if (sink != nullptr && !parser.body().empty() && is_success(parser.head().status)) {
            auto accepted = (*sink)(parser.body());
            parser.body().clear();
            if (!accepted)
                co_return accepted;
        }
        if (parser.body().size() > options.body_limit)
            co_return Error{"", "bad answer: the body is larger than allowed", ""};
        if (taken > 0 || parser.done())
            continue;
        if (limits.streamed)
            deadline_.set(limits.patience);
        auto more = co_await read_more(parser);
        if (!more)
            co_return more.error();
        if (*more > 0)
            continue;
        parser.put_end(problem);
        if (problem)
            co_return Error{"", unanswered_ ? "closed without an answer" : "the answer is cut", ""};
    }
    co_return Result<void>{};
}

asio::awaitable<Result<Response>> ClientConnection::exchange(const Request &request, const ClientOptions &options,
                                                             ExchangeLimits limits, const BodySink *sink)
{
    unanswered_ = true;
    reusable_ = false;
    deadline_.set(limits.end);
    const auto head = request_head(request, options.server);
    auto sent = co_await send(head, request.body);
    // Even when sending failed: a server that refuses early says why before it closes.
    auto parser = HttpParser::response({options.header_limit, sink != nullptr ? kUnlimited : options.body_limit},
                                       request.method == "HEAD");
    auto received = deadline_.passed() ? sent : Result<void>{};
    while (received) {
        received = co_await receive(parser, options, limits, sink);
        if (!received || parser.head().status >= 200)
            break;
        // 1xx: the real one follows.
        parser = HttpParser::response({options.header_limit, sink != nullptr ? kUnlimited : options.body_limit},
                                      request.method == "HEAD");
    }
    const bool late = deadline_.passed();
    deadline_.clear();
    if (!received) {
        unanswered_ = unanswered_ && !late;
        co_return received.error();
    }
    Response response{.status = parser.head().status};
    response.headers = std::move(parser.head().headers);
    response.content_type = response.headers.get("Content-Type").value_or("");
    response.body = std::move(parser.body());
    reusable_ = sent && parser.keep_alive() && unread_.empty();
    co_return response;
}

} // namespace sonde::channel
