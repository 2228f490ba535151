#include "base/log.hpp"
#include "channel/serve.hpp"
#include "collector.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

using namespace sonde;

namespace {

constexpr const char *kFooter =
    R"(Agents report over TLS with a certificate of the same authority; operators ask with `sonde results` and
`sonde outcomes`, or with SQL: the database has a view for each method and table.

SIGTERM finishes the requests in flight and exits with 0.

Example:
  sonde ca init ca && sonde ca issue collector --ca ca --out collector --host collector.example
  sonde-collector --identity collector --listen 0.0.0.0:8443 --listen [::]:8443 --database collector.db)";

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
    auto log = make_log("collector", options.log_level);
    if (!log)
        return complain(log.error(), 2);
    boost::asio::io_context loop(1);
    auto repository = store::Repository::open(options.database);
    if (!repository)
        return complain(repository.error(), 4);
    collector::Collector collector(*repository, **log);
    auto served =
        channel::serve(loop,
                       {.identity = options.identity,
                        .listen = options.listen,
                        .handler = [&](channel::Request request) { return collector.handle(std::move(request)); },
                        .admit = [&](const channel::Request &request) { return collector.admit(request); }},
                       **log);
    return served ? 0 : complain(served.error(), 4);
}

} // namespace

int main(int argc, char **argv)
{
    Options options;
    CLI::App app("The Collector: takes reports from agents and keeps their results.");
    app.footer(kFooter);
    app.set_version_flag("--version", "sonde-collector " SONDE_VERSION);
    app.set_config("--config", "", "a file with these options, NAME=VALUE a line");
    app.add_option("--identity", options.identity, "folder with ca.pem, cert.pem and key.pem")->required();
    app.add_option("--listen", options.listen, "ADDRESS:PORT, repeatable; port 0: the kernel chooses")
        ->capture_default_str();
    app.add_option("--database", options.database, "SQLite file of the results, created if missing")->required();
    app.add_option("--log", options.log_level, "error, warning, info or debug")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return run(options);
}
