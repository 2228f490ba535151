#include "channel/client.hpp"

#include "channel/client_connection.hpp"

#include <boost/asio/steady_timer.hpp>

#include <list>
#include <set>

namespace sonde::channel {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMostIdle = 4;

struct Idle {
    std::shared_ptr<ClientConnection> connection;
    Clock::time_point since;
};

} // namespace

struct Client::State : std::enable_shared_from_this<Client::State> {
    State(asio::any_io_executor io, ClientOptions given)
        : executor(std::move(io)), options(std::move(given)), sweep(executor)
    {
        if (options.server.tls && options.identity)
            tls = TlsContext::client(*options.identity);
    }

    std::shared_ptr<ClientConnection> take_idle();
    void give_back(std::shared_ptr<ClientConnection> connection);
    // Closes what has been idle for too long, when it has.
    void sweep_idle();
    Error explain(Error error) const
    {
        error.where = to_string(options.server);
        return error;
    }

    asio::any_io_executor executor;
    ClientOptions options;
    std::shared_ptr<const TlsContext> tls;
    std::list<Idle> idle; // the oldest first
    asio::steady_timer sweep;
    std::set<std::shared_ptr<ClientConnection>> busy;
    bool closed = false;
};

std::shared_ptr<ClientConnection> Client::State::take_idle()
{
    const auto oldest = Clock::now() - options.idle_limit;
    while (!idle.empty()) {
        auto candidate = std::move(idle.back());
        idle.pop_back();
        if (candidate.since >= oldest && candidate.connection->fresh())
            return candidate.connection;
    }
    return nullptr;
}

void Client::State::give_back(std::shared_ptr<ClientConnection> connection)
{
    if (closed)
        return;
    idle.push_back({std::move(connection), Clock::now()});
    if (idle.size() > kMostIdle)
        idle.pop_front();
    if (idle.size() == 1)
        sweep_idle();
}

void Client::State::sweep_idle()
{
    while (!idle.empty() && idle.front().since + options.idle_limit <= Clock::now())
        idle.pop_front();
    if (idle.empty())
        return;
    sweep.expires_at(idle.front().since + options.idle_limit);
    sweep.async_wait([weak = weak_from_this()](const boost::system::error_code &error) {
        if (const auto self = weak.lock(); self && !error)
            self->sweep_idle();
    });
}

Client::Client(asio::any_io_executor executor, ClientOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options)))
{
}

Client::~Client()
{
    if (state_)
        close();
}

void Client::close()
{
    state_->closed = true;
    state_->idle.clear();
    state_->sweep.cancel();
    for (const auto &connection : state_->busy)
        connection->abandon();
}

Client::Client(Client &&) noexcept = default;
Client &Client::operator=(Client &&) noexcept = default;

namespace {

// Takes a connection out of the busy ones however the coroutine ends.
struct Busy {
    std::set<std::shared_ptr<ClientConnection>> &set;
    const std::shared_ptr<ClientConnection> &connection;

    Busy(std::set<std::shared_ptr<ClientConnection>> &all, const std::shared_ptr<ClientConnection> &one)
        : set(all), connection(one)
    {
        set.insert(connection);
    }
    Busy(const Busy &) = delete;
    Busy &operator=(const Busy &) = delete;
    ~Busy() { set.erase(connection); }
};

template <class State>
asio::awaitable<Result<Response>> exchange(std::shared_ptr<State> state, Request request, ExchangeLimits limits,
                                           const BodySink *sink)
{
    if (state->options.server.tls && !state->tls)
        co_return state->explain({"", "https needs an identity", ""});
    for (;;) {
        if (state->closed)
            co_return state->explain({"", "the client was closed", ""});
        auto connection = state->take_idle();
        const bool kept_alive = connection != nullptr;
        if (!connection)
            connection = std::make_shared<ClientConnection>(state->executor);
        const Busy busy(state->busy, connection);
        if (!kept_alive) {
            auto opened = co_await connection->open(state->options, state->tls.get(), limits);
            if (!opened)
                co_return state->explain(opened.error());
        }
        auto response = co_await connection->exchange(request, state->options, limits, sink);
        if (state->closed)
            co_return state->explain({"", "the client was closed", ""});
        // The server closed it while it was idle; it never saw the request.
        if (!response && kept_alive && connection->unanswered())
            continue;
        if (!response)
            co_return state->explain(response.error());
        if (connection->reusable())
            state->give_back(connection);
        co_return response;
    }
}

} // namespace

asio::awaitable<Result<Response>> Client::request(Request request, std::chrono::milliseconds deadline)
{
    const ExchangeLimits limits{Clock::now() + deadline, deadline, false};
    auto response = co_await exchange(state_, std::move(request), limits, nullptr);
    co_return response;
}

asio::awaitable<Result<Response>> Client::stream(Request request, std::chrono::milliseconds deadline, BodySink sink)
{
    const ExchangeLimits limits{Clock::now() + deadline, deadline, true};
    auto response = co_await exchange(state_, std::move(request), limits, &sink);
    co_return response;
}

} // namespace sonde::channel
