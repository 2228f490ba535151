#include "channel/program.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace sonde::channel {

namespace {

struct Options {
    ServeOptions serve;
    std::string database;
    std::string log_level = "info";
};

int complain(const Error &error, int status)
{
    std::cerr << "error: " << to_string(error) << '\n';
    return status;
}

int run(const Program &program, const Options &options)
{
    auto log = make_log(std::string(to_string(program.role)), options.log_level);
    if (!log)
        return complain(log.error(), 2);
    asio::io_context loop(1);
    auto service = program.open(options.database, **log);
    if (!service)
        return complain(service.error(), 4);
    auto served = serve(loop, std::move(*service), options.serve, **log);
    return served ? 0 : complain(served.error(), 4);
}

} // namespace

int run_program(const Program &program, int argc, char **argv)
{
    Options options;
    options.serve.role = program.role;
    CLI::App app(program.purpose);
    app.footer(program.footer);
    app.set_version_flag("--version", "sonde-" + std::string(to_string(program.role)) + " " + program.version);
    app.set_config("--config", "", "a file with these options, NAME=VALUE a line");
    app.add_option("--identity", options.serve.identity, "folder with ca.pem, cert.pem and key.pem")->required();
    app.add_option("--listen", options.serve.listen, "ADDRESS:PORT, repeatable; port 0: the kernel chooses")
        ->capture_default_str();
    app.add_option("--database", options.database, program.database)->required();
    app.add_option("--max-connections", options.serve.max_connections, "more are told to come again later")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--log", options.log_level, "error, warning, info or debug")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return run(program, options);
}

} // namespace sonde::channel
