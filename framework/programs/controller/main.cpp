#include "base/log.hpp"
#include "channel/serve.hpp"
#include "controller.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

using namespace sonde;

namespace {

constexpr const char *kFooter =
    R"(Agents fetch their instruction over TLS with a certificate of the same authority; operators set instructions with
`sonde instruct`.

SIGTERM finishes the requests in flight and exits with 0.

Example:
  sonde ca init ca && sonde ca issue controller --ca ca --out controller --host controller.example
  sonde-controller --identity controller --listen 0.0.0.0:8443 --listen [::]:8443 --database controller.db)";

struct Options {
    std::string identity;
    std::vector<std::string> listen{"127.0.0.1:8443"};
    std::string database;
    std::string log_level = "info";
};

int complain(const Error &error, int status)
{
    std::cerr << "error: " << to_string(error) << '\n';
    return status;
}

int run(const Options &options)
{
    auto log = make_log("controller", options.log_level);
    if (!log)
        return complain(log.error(), 2);
    boost::asio::io_context loop(1);
    auto state = store::ControllerState::open(options.database);
    if (!state)
        return complain(state.error(), 4);
    controller::Controller controller(*state, **log);
    auto served =
        channel::serve(loop,
                       {.identity = options.identity,
                        .listen = options.listen,
                        .handler = [&](channel::Request request) { return controller.handle(std::move(request)); },
                        .admit = [&](const channel::Request &request) { return controller.admit(request); }},
                       **log);
    return served ? 0 : complain(served.error(), 4);
}

} // namespace

int main(int argc, char **argv)
{
    Options options;
    CLI::App app("The Controller: gives each agent its instruction.");
    app.footer(kFooter);
    app.set_version_flag("--version", "sonde-controller " SONDE_VERSION);
    app.set_config("--config", "", "a file with these options, NAME=VALUE a line");
    app.add_option("--identity", options.identity, "folder with ca.pem, cert.pem and key.pem")->required();
    app.add_option("--listen", options.listen, "ADDRESS:PORT, repeatable; port 0: the kernel chooses")
        ->capture_default_str();
    app.add_option("--database", options.database, "file of the controller's state, created if missing")->required();
    app.add_option("--log", options.log_level, "error, warning, info or debug")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return run(options);
}
