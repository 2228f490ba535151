#include "service.hpp"

#include <CLI/CLI.hpp>

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
    agent::ServiceOptions options;
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
    return agent::serve(options);
}
