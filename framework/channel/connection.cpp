#include "channel/connection.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/tcp.h>

#include <charconv>

namespace sonde::channel {

namespace {

constexpr std::chrono::seconds kLinger{2};

// A FIN may lie behind unread bytes (a TLS close_notify), where a read that peeks cannot see it.
bool client_left(asio::ip::tcp::socket &socket)
{
    tcp_info info{};
    socklen_t size = sizeof info;
    if (getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return true;
    return info.tcpi_state == TCP_CLOSE_WAIT || info.tcpi_state == TCP_CLOSE;
}

void drop_front(Pieces &all, std::size_t bytes)
{
    for (auto &piece : all) {
        const auto taken = std::min(bytes, piece.size());
        piece += taken;
        bytes -= taken;
    }
}

Pieces pieces(std::string_view first, std::string_view second = {}, std::string_view third = {})
{
    const auto buffer = [](std::string_view text) { return asio::const_buffer(text.data(), text.size()); };
    return {buffer(first), buffer(second), buffer(third)};
}

} // namespace

Connection::Connection(std::shared_ptr<const ServerCore> core, asio::ip::tcp::socket socket, bool overloaded)
    : core_(std::move(core)), deadline_(socket.get_executor(),
                                        [this] {
                                            error_code ignored;
                                            stream_->socket().cancel(ignored);
                                        }),
      overloaded_(overloaded)
{
    error_code error;
    const auto remote = socket.remote_endpoint(error);
    remote_ = error ? "gone" : to_text(remote);
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    stream_ = core_->tls ? core_->tls->accepted(std::move(socket)) : plain_stream(std::move(socket));
}

void Connection::start(std::function<void()> ended)
{
    auto finished = [self = shared_from_this(), ended = std::move(ended)](std::exception_ptr failure) {
        try {
            if (failure && !self->cancelled_)
                std::rethrow_exception(failure);
        } catch (const std::exception &error) {
            self->core_->log.error("connection failed what={}", quoted(error.what()));
        }
        error_code ignored;
        self->stream_->socket().close(ignored);
        ended();
    };
    asio::co_spawn(stream_->socket().get_executor(), run(),
                   asio::bind_cancellation_slot(cancel_.slot(), std::move(finished)));
}

void Connection::cancel()
{
    cancelled_ = true;
    cancel_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> Connection::run()
{
    const bool welcome = co_await handshake();
    bool more = welcome;
    while (more)
        more = co_await serve_one();
    co_await close();
}

asio::awaitable<bool> Connection::handshake()
{
    deadline_.set(core_->options.handshake_deadline);
    if (core_->tls) {
        // Who only looks whether the port is open sends nothing, and is no refusal worth a line.
        error_code error;
        co_await stream_->socket().async_wait(asio::socket_base::wait_read,
                                              asio::redirect_error(asio::use_awaitable, error));
        if (!error && client_left(stream_->socket()))
            co_return false;
    }
    auto peer = co_await stream_->handshake();
    if (peer && !deadline_.passed()) {
        peer_ = std::move(*peer);
        co_return true;
    }
    const auto reason = deadline_.passed() ? "the handshake took too long" : peer.error().what;
    if (!cancelled_)
        core_->log.warn("connection refused reason={}", quoted(reason));
    core_->log.debug("connection refused remote={}", quoted(remote_));
    co_return false;
}

// True when at least one byte is there.
asio::awaitable<bool> Connection::wait_for_request()
{
    if (!unread_.empty())
        co_return true;
    idle_ = true;
    deadline_.set(core_->options.idle_timeout);
    unread_.resize(kReadSize);
    error_code error;
    const auto bytes = co_await stream_->read_some(asio::buffer(unread_), error);
    unread_.resize(error ? 0 : bytes);
    idle_ = false;
    if (error)
        core_->log.debug("connection closed remote={} reason={}", quoted(remote_),
                         quoted(deadline_.passed() ? "idle" : describe(error)));
    co_return !error;
}

// Reads until the parser's header or message is done.
asio::awaitable<ParseError> Connection::advance(HttpParser &parser, bool (HttpParser::*until)() const)
{
    ParseError problem;
    while (!(parser.*until)()) {
        const auto taken = parser.put(unread_, problem);
        unread_.erase(0, taken);
        if (core_->options.discard_bodies) {
            discarded_ += parser.body().size();
            parser.body().clear();
        }
        if (problem)
            co_return problem;
        if (taken > 0 || (parser.*until)())
            continue;
        const auto kept = unread_.size();
        unread_.resize(kept + kReadSize);
        error_code error;
        const auto bytes = co_await stream_->read_some(asio::buffer(unread_) + kept, error);
        unread_.resize(kept + (error ? 0 : bytes));
        if (deadline_.passed())
            co_return ParseError{408, "the request did not come to its end in time"};
        if (error)
            co_return ParseError{400, "closed in the middle of a request: " + describe(error)};
    }
    co_return problem;
}

std::optional<Response> Connection::judge_head(HttpParser &parser, Request &request)
{
    auto &head = parser.head();
    request.method = head.method;
    request.headers = std::move(head.headers);
    request.peer = peer_;
    request.remote = remote_;
    last_ = !parser.keep_alive() || core_->stopping || overloaded_;
    if (overloaded_) {
        auto response = refuse(503, "too many connections");
        response.headers.set("Retry-After", "5");
        return response;
    }
    auto target = parse_target(head.target, request);
    const bool no_host = !parser.http_1_0() && !request.headers.get("Host");
    last_ = last_ || !target || no_host;
    if (!target)
        return refuse(400, target.error().where + ": " + target.error().what);
    if (no_host)
        return refuse(400, "no Host field");
    return core_->options.admit ? core_->options.admit(request) : std::nullopt;
}

// A response when the request is refused before the handler sees it.
asio::awaitable<std::optional<Response>> Connection::read_request(HttpParser &parser, Request &request)
{
    deadline_.set(core_->options.request_deadline);
    discarded_ = 0;
    last_ = true;
    auto problem = co_await advance(parser, &HttpParser::header_done);
    if (problem) {
        request.method = parser.head().method;
        co_return refuse(problem.status, problem.reason);
    }
    const bool expects_continue = parser.expects_continue() && !parser.done() && unread_.empty();
    auto refusal = judge_head(parser, request);
    if (refusal)
        co_return refusal;
    if (expects_continue) {
        const bool sent = co_await send(pieces("HTTP/1.1 100 Continue\r\n\r\n"));
        if (!sent)
            co_return refuse(400, "closed in the middle of a request");
        deadline_.set(core_->options.request_deadline);
    }
    problem = co_await advance(parser, &HttpParser::done);
    if (problem) {
        last_ = true;
        co_return refuse(problem.status, problem.reason);
    }
    request.body = std::move(parser.body());
    request.discarded_bytes = discarded_;
    co_return std::nullopt;
}

// Nothing when the connection is to end without a response.
asio::awaitable<std::optional<Response>> Connection::answer(Request request)
{
    // A handler may wait for minutes, with thousands of others.
    if (unread_.empty())
        unread_ = std::string();
    watch_client();
    in_handler_ = true;
    std::optional<Response> response;
    std::string failure;
    try {
        auto answered = co_await core_->options.handler(std::move(request));
        response = std::move(answered);
    } catch (const std::exception &error) {
        failure = error.what();
    }
    in_handler_ = false;
    if (cancelled_)
        co_return std::nullopt;
    if (!response) {
        core_->log.error("request failed what={}", quoted(failure));
        response = refuse(500, "internal error");
        response->refusal.clear();
    }
    co_return response;
}

asio::awaitable<bool> Connection::serve_one()
{
    const bool begun = co_await wait_for_request();
    if (!begun)
        co_return false;
    auto parser = HttpParser::request({core_->options.header_limit, core_->options.body_limit});
    Request request;
    auto response = co_await read_request(parser, request);
    deadline_.clear();
    // The handler gets a request without its body's memory behind; the log needs the rest of it.
    Request shown{.method = request.method, .path = request.path, .peer = request.peer, .remote = remote_};
    if (!response)
        response = co_await answer(std::move(request));
    if (!response)
        co_return false;
    if (!response->refusal.empty())
        log_refusal(*response, shown);
    const bool keep_alive = parser.done() && !last_ && !core_->stopping;
    const bool sent = co_await respond(std::move(*response), parser, shown.method == "HEAD", keep_alive);
    co_return sent &&keep_alive;
}

asio::awaitable<bool> Connection::respond(Response response, const HttpParser &parser, bool head_only, bool keep_alive)
{
    const bool empty = response.status == 204 || response.status == 304;
    auto framing = Framing::length;
    if (empty)
        framing = Framing::none;
    else if (response.producer && !response.produced_bytes)
        framing = parser.http_1_0() ? Framing::until_close : Framing::chunked;
    keep_alive = keep_alive && framing != Framing::until_close;
    const auto bytes = response.producer ? response.produced_bytes.value_or(0) : response.body.size();
    auto head = response_head(response, framing, bytes, keep_alive);
    if (empty || head_only || !response.producer) {
        const auto body = empty || head_only ? std::string_view{} : std::string_view(response.body);
        const bool sent = co_await send(pieces(head, body));
        co_return sent &&framing != Framing::until_close;
    }
    const bool sent = co_await send_produced(response, std::move(head), framing);
    co_return sent &&framing != Framing::until_close;
}

asio::awaitable<bool> Connection::send_produced(const Response &response, std::string head, Framing framing)
{
    auto left = response.produced_bytes.value_or(UINT64_MAX);
    std::string before = std::move(head);
    for (;;) {
        auto piece = co_await response.producer();
        const bool cut = !piece || piece->size() > left || (piece->empty() && framing == Framing::length && left > 0);
        if (cut) {
            const auto reason = piece ? "another length than announced" : to_string(piece.error());
            core_->log.warn("response cut reason={}", quoted(reason));
            error_code ignored;
            // A reset, lest a body without length passes for a whole one.
            stream_->socket().set_option(asio::socket_base::linger(true, 0), ignored);
            stream_->socket().close(ignored);
            co_return false;
        }
        left -= piece->size();
        if (framing == Framing::chunked) {
            char size[17];
            const auto end = std::to_chars(size, size + sizeof size, piece->size(), 16).ptr;
            before.append(size, end).append("\r\n");
        }
        const bool last = piece->empty() || (framing == Framing::length && left == 0);
        const auto after = framing == Framing::chunked ? std::string_view("\r\n") : std::string_view{};
        const bool sent = co_await send(pieces(before, *piece, after));
        if (!sent || last)
            co_return sent;
        before.clear();
    }
}

asio::awaitable<bool> Connection::send(Pieces left)
{
    while (asio::buffer_size(left) > 0) {
        deadline_.set(core_->options.stall_timeout);
        error_code error;
        const auto bytes = co_await stream_->write_some(left, error);
        if (deadline_.passed() && !cancelled_)
            core_->log.warn("response cut reason={}", quoted("the client takes nothing any more"));
        else if (error)
            core_->log.debug("response cut remote={} reason={}", quoted(remote_), quoted(describe(error)));
        if (deadline_.passed() || error)
            co_return false;
        drop_front(left, bytes);
    }
    deadline_.clear();
    co_return true;
}

// Closing with bytes unread resets the connection, and the reset destroys a response (or a TLS alert) that the client
// has not read yet; so read on until it has closed too, for a while.
asio::awaitable<void> Connection::close()
{
    if (!stream_->socket().is_open() || cancelled_)
        co_return;
    deadline_.set(kLinger);
    co_await stream_->finish();
    unread_.resize(kReadSize);
    error_code error;
    while (!error && !deadline_.passed())
        co_await stream_->socket().async_read_some(asio::buffer(unread_),
                                                   asio::redirect_error(asio::use_awaitable, error));
    deadline_.clear();
}

void Connection::watch_client()
{
    if (std::exchange(watching_, true))
        return;
    stream_->socket().async_wait(asio::socket_base::wait_read, [weak = weak_from_this()](const error_code &error) {
        const auto self = weak.lock();
        if (!self)
            return;
        self->watching_ = false;
        if (error || !self->in_handler_ || !client_left(self->stream_->socket()))
            return;
        self->core_->log.debug("client left remote={}", quoted(self->remote_));
        self->cancel();
    });
}

void Connection::log_refusal(const Response &response, const Request &request) const
{
    std::string who;
    if (request.peer)
        who = " role=" + std::string(to_string(request.peer->role)) + " id=" + to_string(request.peer->id);
    core_->log.warn("request refused status={} method={} path={}{} reason={}", response.status, quoted(request.method),
                    quoted(request.path), who, quoted(response.refusal));
}

} // namespace sonde::channel
