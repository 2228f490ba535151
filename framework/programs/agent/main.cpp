#include "agent.hpp"
#include "instruction_file.hpp"
#include "plugin_host/options.hpp"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>

#include <grp.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace sonde;

namespace {

constexpr const char *kFooter = R"(
Takes its instruction from the controller and measures by itself from then on; or, for the owner of a line, from a file
or a folder of *.json and *.xml parts, which it follows. A report's collector is https://HOST:PORT, or file:NAME for a
folder NAME below --reports: without a controller, and with files alone, no certificate is needed. Needs a running
sonde-launcher, and runs as an ordinary user. SIGTERM ends what runs, accounts for it and exits with 0; nothing that was
measured is lost. What does not end in time, or before a second SIGTERM, is accounted for by the next start.

Example:
  sonde-launcher --socket /run/sonde/launcher.sock --agent-user sonde &
  sonde-agent --identity /etc/sonde/identity --controller https://controller.example:8443 --state /var/lib/sonde
              --policy /etc/sonde/policy.json --plugins /usr/lib/sonde/plugins --launcher /run/sonde/launcher.sock
  sonde-agent --instruction hourly.json --reports reports --state state --policy policy.json
              --plugins /usr/lib/sonde/plugins)";

struct Options {
    std::string identity;
    std::string controller;
    std::string instruction;
    std::string reports;
    std::uint64_t reports_mib = 256;
    std::string state;
    std::string policy;
    std::vector<std::string> plugins;
    std::string launcher = "/run/sonde/launcher.sock";
    std::vector<std::string> readable;
    std::string socket;
    std::string socket_group;
    std::vector<std::string> parameters;
    std::uint64_t spool_mib = 64;
    std::uint64_t longest_run_s = 3600;
    std::uint64_t longest_wait_s = 300;
    std::uint64_t longest_stop_s = 15;
    std::string log_level = "info";
};

int complain(const Error &error, int status)
{
    std::cerr << "error: " << to_string(error) << '\n';
    return status;
}

// Where the instruction comes from and where reports may go.
Result<void> name_sides(const Options &options, agent::AgentOptions &parts)
{
    if (!options.reports.empty())
        parts.reports = {std::filesystem::absolute(options.reports), options.reports_mib * 1024 * 1024};
    if (!options.instruction.empty()) {
        parts.instruction = std::filesystem::absolute(options.instruction);
        return {};
    }
    auto controller = channel::parse_url(options.controller);
    if (!controller)
        return controller.error();
    if (!controller->tls)
        return Error{"--controller", "'" + options.controller + "' is not encrypted", "https://HOST:PORT"};
    parts.controller = *controller;
    return {};
}

// The MA-ID of an agent without a certificate, drawn once.
Result<Uuid> own_id(const std::filesystem::path &file)
{
    std::string text;
    if (std::ifstream(file) >> text)
        return parse_uuid(text);
    const Uuid id = random_uuid();
    std::ofstream stream(file);
    stream << to_string(id) << '\n';
    if (!stream.flush())
        return Error{file.string(), "cannot be written", ""};
    return id;
}

Result<void> identify(const Options &options, agent::AgentOptions &parts)
{
    if (options.identity.empty()) {
        auto id = own_id(std::filesystem::path(options.state) / "agent-id");
        if (!id)
            return id.error();
        parts.id = *id;
        return {};
    }
    auto identity = channel::load_identity(options.identity);
    if (!identity)
        return identity.error();
    if ((*identity)->self.role != channel::Role::agent)
        return Error{options.identity, "the certificate is not an agent's", "sonde ca issue agent"};
    parts.id = (*identity)->self.id;
    parts.identity = *identity;
    return {};
}

int run(const Options &options)
{
    auto log = make_log("agent", options.log_level);
    if (!log)
        return complain(log.error(), 2);
    agent::AgentOptions parts;
    if (auto named = name_sides(options, parts); !named)
        return complain(named.error(), 2);
    if (auto known = identify(options, parts); !known)
        return complain(known.error(), 3);
    if (!options.instruction.empty()) {
        const auto reading = agent::InstructionFile::read(parts.instruction, agent::self_of(parts));
        for (const Error &error : reading.errors)
            complain(error, 2);
        if (!reading)
            return 2;
    }
    const std::filesystem::path state = options.state;
    boost::asio::io_context loop(1);
    auto spool = spool::Spool::open({.file = state / "spool.db", .max_bytes = options.spool_mib * 1024 * 1024});
    if (!spool)
        return complain(spool.error(), 4);
    for (const std::string &word : options.parameters) {
        auto parameter = plugin_host::parse_parameter(word);
        if (!parameter)
            return complain(parameter.error(), 2);
        parts.parameters.push_back(std::move(*parameter));
    }
    parts.policy = options.policy;
    for (const std::string &directory : options.plugins)
        parts.plugins.push_back(std::filesystem::absolute(directory));
    parts.launcher = options.launcher;
    for (const std::string &place : options.readable)
        parts.readable.push_back(std::filesystem::absolute(place).lexically_normal());
    parts.socket = options.socket.empty() ? state / "agent.sock" : std::filesystem::path(options.socket);
    if (!options.socket_group.empty()) {
        const group *entry = ::getgrnam(options.socket_group.c_str());
        if (entry == nullptr)
            return complain({"--socket-group", "no group '" + options.socket_group + "'", ""}, 2);
        parts.socket_group = entry->gr_gid;
    }
    parts.longest_run = std::chrono::seconds(options.longest_run_s);
    parts.longest_wait = std::chrono::seconds(options.longest_wait_s);
    parts.longest_stop = std::chrono::seconds(options.longest_stop_s);
    try {
        agent::run_agent(loop, std::move(parts), std::move(*spool), *log);
    } catch (const std::exception &error) {
        (*log)->error("agent failed error={}", quoted(error.what()));
        return 4;
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
#ifdef __GLIBC__
    // The threads beside the loop are few and wait most of the time: an arena for each would only take memory.
    ::mallopt(M_ARENA_MAX, 1);
    // Big buffers, which hold small frames most of the time, are mappings of their own: their untouched pages cost
    // nothing.
    ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
#endif
    Options options;
    CLI::App app("The Measurement Agent: measures on schedules and reports.");
    app.footer(kFooter);
    app.set_version_flag("--version", "sonde-agent " SONDE_VERSION);
    app.set_config("--config", "", "a file with these options, NAME=VALUE a line");
    CLI::Option *identity =
        app.add_option("--identity", options.identity,
                       "folder with ca.pem, cert.pem and key.pem; without one, only reports to files can be made");
    CLI::Option *controller =
        app.add_option("--controller", options.controller, "https://HOST:PORT; needs --identity")->needs(identity);
    app.add_option("--instruction", options.instruction,
                   "without a controller: a file, or a folder of *.json and *.xml parts; followed when it changes")
        ->excludes(controller)
        ->check(CLI::ExistingPath);
    app.add_option("--reports", options.reports, "folder of the reports whose collector is file:NAME")
        ->check(CLI::ExistingDirectory);
    app.add_option("--reports-mib", options.reports_mib, "the files in it take at most so many MiB")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--state", options.state, "folder of what the agent must not forget")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--policy", options.policy, "the line owner's limits; nothing is measured without")->required();
    app.add_option("--plugins", options.plugins, "folder of plugins, repeatable, the first goes first")->required();
    app.add_option("--launcher", options.launcher, "socket of sonde-launcher")->capture_default_str();
    app.add_option("--readable", options.readable,
                   "repeatable: a folder that the launcher's --readable names and that libraries of plugins lie in");
    app.add_option("--socket", options.socket,
                   "where it answers root and its own user on this machine, as to `sonde status`, `why`, `trace` and "
                   "`plugins` (default: agent.sock in --state)");
    app.add_option("--socket-group", options.socket_group, "answer the members of this group there as well");
    app.add_option("--parameter", options.parameters,
                   "NAME=VALUE, repeatable: what methods may know of the line; each is told what it asks for");
    app.add_option("--spool-mib", options.spool_mib, "what waits for its acknowledgement takes at most so many MiB")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--longest-run-s", options.longest_run_s, "a run that takes longer is ended, in seconds")
        ->capture_default_str()
        ->check(CLI::Range(1, 86'400));
    app.add_option("--longest-wait-s", options.longest_wait_s,
                   "a run that waits longer for its turn beside an exclusive one begins all the same, in seconds")
        ->capture_default_str()
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{86'400}));
    app.add_option("--longest-stop-s", options.longest_stop_s,
                   "what runs has so long to end in order when the agent is stopped, in seconds")
        ->capture_default_str()
        ->check(CLI::Range(1, 3'600));
    app.add_option("--log", options.log_level, "error, warning, info or debug")->capture_default_str();
    try {
        app.parse(argc, argv);
        if (options.controller.empty() && options.instruction.empty())
            throw CLI::RequiredError("--controller or --instruction");
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return run(options);
}
