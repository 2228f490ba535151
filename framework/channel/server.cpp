#include "channel/server.hpp"

#include "channel/connection.hpp"
#include "channel/wire.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <list>
#include <set>

namespace sonde::channel {

using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};

} // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
    State(asio::any_io_executor io, ServerOptions options, Log &log)
        : executor(io), core(std::make_shared<ServerCore>(ServerCore{std::move(options), log, nullptr})), drained(io)
    {
        const auto &o = core->options;
        if (o.identity)
            core->tls = TlsContext::server(*o.identity, o.client_certificates);
    }

    asio::awaitable<void> accept_all(tcp::acceptor &acceptor);
    void admit(tcp::socket socket);
    void stop_listening();
    void cancel_if(bool (*chosen)(const Connection &));

    asio::any_io_executor executor;
    std::shared_ptr<ServerCore> core;
    std::list<tcp::acceptor> acceptors;
    std::set<std::shared_ptr<Connection>> connections;
    asio::steady_timer drained; // cancelled when the last connection has ended
};

asio::awaitable<void> Server::State::accept_all(tcp::acceptor &acceptor)
{
    bool failing = false;
    while (!core->stopping) {
        error_code error;
        auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (core->stopping || error == asio::error::operation_aborted)
            co_return;
        if (!error) {
            failing = false;
            admit(std::move(socket));
            continue;
        }
        if (error == asio::error::connection_aborted)
            continue;
        // Out of descriptors, most likely: the connections we have must end first.
        if (!std::exchange(failing, true))
            core->log.error("accept failed reason={}", quoted(error.message()));
        asio::steady_timer pause(executor, kAcceptPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
}

void Server::State::admit(tcp::socket socket)
{
    const auto limit = core->options.max_connections;
    if (connections.size() >= limit + kOverloadedConnections) {
        core->log.warn("connection refused reason={}", quoted("too many connections"));
        return;
    }
    const auto connection = std::make_shared<Connection>(core, std::move(socket), connections.size() >= limit);
    connections.insert(connection);
    connection->start([weak = weak_from_this(), key = std::weak_ptr(connection)] {
        const auto self = weak.lock();
        if (!self)
            return;
        self->connections.erase(key.lock());
        if (self->connections.empty())
            self->drained.cancel();
    });
}

void Server::State::stop_listening()
{
    core->stopping = true;
    error_code ignored;
    for (auto &acceptor : acceptors)
        acceptor.close(ignored);
}

void Server::State::cancel_if(bool (*chosen)(const Connection &))
{
    const auto all = connections; // ending, they leave the set
    for (const auto &connection : all)
        if (chosen(*connection))
            connection->cancel();
}

Server::Server(asio::any_io_executor executor, ServerOptions options, Log &log)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), log))
{
}

Server::~Server()
{
    if (!state_)
        return;
    state_->stop_listening();
    state_->cancel_if([](const Connection &) { return true; });
}

Server::Server(Server &&) noexcept = default;
Server &Server::operator=(Server &&) noexcept = default;

Result<std::string> Server::listen(const std::string &address)
{
    auto wanted = parse_endpoint(address);
    if (!wanted)
        return wanted.error();
    error_code error;
    tcp::acceptor acceptor(state_->executor);
    acceptor.open(wanted->protocol(), error);
    if (!error)
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    // Each family has its own socket, so that one port can be asked for on both.
    if (!error && wanted->address().is_v6())
        acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error)
        acceptor.bind(*wanted, error);
    if (!error)
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return Error{address, "cannot listen: " + error.message(), ""};
    auto &kept = state_->acceptors.emplace_back(std::move(acceptor));
    auto text = to_text(kept.local_endpoint());
    state_->core->log.info("listening on={} tls={}", text, state_->core->tls ? "yes" : "no");
    asio::co_spawn(state_->executor, state_->accept_all(kept), [state = state_](std::exception_ptr failure) {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (const std::exception &bug) {
            state->core->log.error("accept failed reason={}", quoted(bug.what()));
        }
    });
    return text;
}

asio::awaitable<void> Server::stop(std::chrono::milliseconds grace)
{
    const auto state = state_;
    state->stop_listening();
    if (state->core->options.on_stop)
        state->core->options.on_stop();
    state->cancel_if([](const Connection &connection) { return connection.idle(); });
    error_code ignored;
    if (!state->connections.empty()) {
        state->drained.expires_after(grace);
        co_await state->drained.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (!state->connections.empty()) {
        state->core->log.info("stop cancels requests={}", state->connections.size());
        state->cancel_if([](const Connection &) { return true; });
        state->drained.expires_after(std::chrono::seconds{1});
        co_await state->drained.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

std::size_t Server::connections() const
{
    return state_->connections.size();
}

void ignore_sigpipe()
{
    std::signal(SIGPIPE, SIG_IGN);
}

} // namespace sonde::channel
