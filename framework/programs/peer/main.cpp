#include "base/log.hpp"
#include "channel/serve.hpp"
#include "programs/peer/endpoint.hpp"

#include <boost/asio/io_context.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>
#include <optional>

namespace {

using namespace sonde;
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int kUsage = 2;
// Of an upload that ran for its time: what was under way must still come.
constexpr std::chrono::milliseconds kGrace{10'000};

struct Arguments {
    std::vector<std::string> listen;
    std::vector<std::string> listen_tls;
    std::string identity;
    std::string max_bytes = "10GB";
    std::string max_time = "60s";
    std::size_t max_connections = 256;
    std::string log = "info";
};

void describe(CLI::App &app, Arguments &arguments)
{
    app.add_option("--listen", arguments.listen, "plain HTTP here; may be repeated")->type_name("ADDRESS:PORT");
    app.add_option("--listen-tls", arguments.listen_tls, "HTTPS here, for anybody; may be repeated")
        ->type_name("ADDRESS:PORT");
    app.add_option("--identity", arguments.identity, "folder with ca.pem, cert.pem and key.pem, for --listen-tls")
        ->type_name("DIR");
    app.option_defaults()->always_capture_default();
    app.add_option("--max-bytes", arguments.max_bytes, "most bytes of one body, in either direction")
        ->type_name("SIZE");
    app.add_option("--max-time", arguments.max_time, "the longest that one body may take")->type_name("DURATION");
    app.add_option("--max-connections", arguments.max_connections,
                   "more are told 503 and to come again; counted for HTTP and HTTPS each")
        ->type_name("N")
        ->check(CLI::Range(1, 100'000));
    app.add_option("--log", arguments.log, "error, warning, info or debug")->type_name("LEVEL");
    app.set_config("--config", "", "read these options from a file, name=value lines")->type_name("FILE");
    app.set_version_flag("--version", "sonde-peer " SONDE_VERSION);
    app.footer("Port 0 is one that the kernel chooses; each is logged as 'listening on=127.0.0.1:34567 tls=no'.\n\n"
               "Examples:\n"
               "  sonde-peer --listen 127.0.0.1:8080 --listen [::1]:8080\n"
               "  sonde-peer --listen-tls 192.0.2.1:443 --identity /etc/sonde/peer --max-time 30s\n"
               "  curl -o /dev/null http://127.0.0.1:8080/bytes/1GB\n"
               "  curl -o /dev/null http://127.0.0.1:8080/time/5s\n"
               "  curl -T FILE http://127.0.0.1:8080/upload");
}

Result<channel::ServerOptions> server_options(const Arguments &arguments)
{
    auto bytes = peer::parse_bytes(arguments.max_bytes);
    if (!bytes)
        return Error{"--max-bytes", to_string(bytes.error())};
    auto time = peer::parse_duration(arguments.max_time);
    if (!time)
        return Error{"--max-time", to_string(time.error())};
    channel::ServerOptions options;
    options.client_certificates = false;
    options.discard_bodies = true;
    options.body_limit = *bytes;
    options.request_deadline = *time + kGrace;
    options.max_connections = arguments.max_connections;
    options.handler =
        [endpoint = peer::Endpoint({*bytes, *time})](channel::Request request) -> asio::awaitable<channel::Response> {
        auto response = endpoint.answer(request);
        co_return response;
    };
    return options;
}

Result<void> listen(channel::Server &server, const std::vector<std::string> &addresses)
{
    for (const auto &address : addresses)
        if (auto listening = server.listen(address); !listening)
            return listening.error();
    return {};
}

Result<void> run(const Arguments &arguments, Log &log)
{
    auto options = server_options(arguments);
    if (!options)
        return options.error();
    asio::io_context io(1);
    std::vector<channel::Server> servers;
    servers.emplace_back(io.get_executor(), *options, log);
    if (auto listening = listen(servers.back(), arguments.listen); !listening)
        return listening;
    if (!arguments.listen_tls.empty()) {
        auto identity = channel::load_identity(arguments.identity, channel::Role::peer);
        if (!identity)
            return identity.error();
        options->identity = *identity;
        servers.emplace_back(io.get_executor(), *options, log);
        if (auto listening = listen(servers.back(), arguments.listen_tls); !listening)
            return listening;
    }
    std::vector<channel::Server *> all;
    for (auto &server : servers)
        all.push_back(&server);
    channel::serve_until_signal(io, all, log, 1s);
    return {};
}

int fail(const Error &error, int status)
{
    std::fprintf(stderr, "sonde-peer: %s\n", to_string(error).c_str());
    return status;
}

} // namespace

int main(int argc, char **argv)
{
    Arguments arguments;
    CLI::App app(
        "A measurement peer: HTTP and HTTPS bodies of any size or duration, and a sink for them, over IPv4 and IPv6.",
        "sonde-peer");
    describe(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error, std::cout, std::cerr) == 0 ? 0 : kUsage;
    }
    if (arguments.listen.empty() && arguments.listen_tls.empty())
        return fail({"--listen", "nowhere to listen", "--listen 127.0.0.1:8080"}, kUsage);
    if (!arguments.listen_tls.empty() && arguments.identity.empty())
        return fail({"--listen-tls", "HTTPS needs --identity DIR", "make one with 'sonde ca issue peer --host NAME'"},
                    kUsage);
    const auto log = make_log("sonde-peer", arguments.log);
    if (!log)
        return fail(log.error(), kUsage);
    if (const auto ended = run(arguments, **log); !ended)
        return fail(ended.error(), kUsage);
    return 0;
}
