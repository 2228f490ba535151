#include "programs/cli/usage.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <csignal>
#include <iostream>

namespace {

using namespace sonde::cli;

constexpr const char *kFooter = R"(Words:
  name=value   a method's option; lists repeat or use commas; durations and sizes carry units: 10ms, 2h, 1MB
  --option     one of ours
  AGENT        an id or the beginning of one, `all`, `last`, NAME=VALUE; `all limit 20`
  times        --last 2h, --at 2026-11-24T04:05Z, --from and --to; 04:05 is the last one, in UTC
  Rows go to stdout, everything else to stderr: --json prints one object a line, --csv one table below a header.

Examples:
  sonde run ping 127.0.0.1 count=3
  sonde run ping 192.0.2.1 --json | jq .rtt_ns
  sonde describe ping
  sonde plugins
  sonde new tcp-connect --lang c
  sonde check build/tcp-connect.so
  sonde doctor
  sonde validate hourly.json
  sonde plan hourly.json --days 7 --agents 100000
  sonde instruct 6b1c0f8e hourly.json
  sonde results ping last --last 2h
  sonde status
  sonde why hourly --at 04:05

Exit status: 0 done; 1 it ran, and the target failed; 2 usage or bad input; 3 refused (policy, certificate,
permission); 4 nothing ran (daemon or server not reached, nothing matched).)";

// `sonde help run` is `sonde run --help`.
std::vector<std::string> rewritten(int count, char **words)
{
    std::vector<std::string> given(words + 1, words + count);
    if (!given.empty() && given.front() == "help") {
        given.erase(given.begin());
        given.emplace_back("--help");
    }
    return given;
}

} // namespace

int main(int argc, char **argv)
{
    // A reader that goes away (`| head`) or a runner that dies is noticed where it is written to.
    std::signal(SIGPIPE, SIG_IGN);
    Console console(stdout, stderr);
    CLI::App sonde("Sonde: broadband measurement by the LMAP framework (RFC 7594)", "sonde");
    sonde.set_version_flag("--version", "sonde " SONDE_VERSION);
    sonde.require_subcommand(1);
    sonde.footer(kFooter);
    sonde.get_formatter()->column_width(28);
    const Verb verbs[] = {add_new(sonde),      add_run(sonde),      add_describe(sonde), add_check(sonde),
                          add_plugins(sonde),  add_sign(sonde),     add_ca(sonde),       add_validate(sonde),
                          add_plan(sonde),     add_instruct(sonde), add_agents(sonde),   add_results(sonde),
                          add_outcomes(sonde), add_status(sonde),   add_why(sonde),      add_trace(sonde),
                          add_doctor(sonde),   add_convert(sonde)};

    std::vector<std::string> words = rewritten(argc, argv);
    if (words.empty())
        words.emplace_back("--help");
    std::reverse(words.begin(), words.end()); // as CLI11 wants them
    try {
        sonde.parse(words);
    } catch (const CLI::Success &success) {
        return sonde.exit(success, std::cout, std::cerr);
    } catch (const CLI::ParseError &error) {
        return fail(console, usage_error(sonde, error), kUsage);
    }
    int status = kUsage;
    for (const Verb &verb : verbs)
        if (verb.app->parsed())
            status = verb.run(console);
    if (!console.flush() && !console.reader_gone() && status == kDone)
        status = fail(console, {"stdout", "not everything could be written", ""}, kNothingRan);
    return status;
}
