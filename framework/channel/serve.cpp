#include "channel/serve.hpp"

#include "channel/descriptors.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <exception>

namespace sonde::channel {

namespace {

asio::awaitable<void> stop_on_signal(asio::io_context &loop, const std::vector<Server *> &servers, Log &log,
                                     std::chrono::milliseconds grace)
{
    asio::signal_set signals(loop, SIGTERM, SIGINT);
    const int signal = co_await signals.async_wait(asio::use_awaitable);
    log.info("stopping signal={}", signal);
    // From here on the default action ends the program at once, for whoever does not want to wait.
    signals.clear();
    for (Server *server : servers)
        co_await server->stop(grace);
    loop.stop();
}

} // namespace

void serve_until_signal(asio::io_context &loop, const std::vector<Server *> &servers, Log &log,
                        std::chrono::milliseconds grace)
{
    ignore_sigpipe();
    asio::co_spawn(loop, stop_on_signal(loop, servers, log, grace), [](std::exception_ptr error) {
        if (error)
            std::rethrow_exception(error);
    });
    loop.run();
    log.info("stopped");
}

Result<void> serve(asio::io_context &loop, Service service, const ServeOptions &options, Log &log)
{
    auto identity = load_identity(options.identity, options.role);
    if (!identity)
        return identity.error();
    Server server(loop.get_executor(),
                  {.identity = *identity,
                   .handler = std::move(service.handler),
                   .admit = std::move(service.admit),
                   .on_stop = std::move(service.on_stop),
                   .body_limit = service.body_limit,
                   .max_connections = fit_connections(options.max_connections, log)},
                  log);
    for (const std::string &address : options.listen)
        if (auto listening = server.listen(address); !listening)
            return listening.error();
    serve_until_signal(loop, {&server}, log);
    return {};
}

} // namespace sonde::channel
