#include "programs/cli/answer_printer.hpp"
#include "programs/cli/period.hpp"
#include "programs/cli/server.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <optional>

namespace sonde::cli {

namespace {

struct Words {
    ServerWords server;
    AnswerWords rows;
    PeriodWords period;
    std::string agents;
    std::string schedule;
    std::string outcome;
    std::uint64_t limit = 0;
    bool sums = false;
};

Result<Parameters> parameters_of(const Words &words)
{
    Parameters parameters;
    if (!words.schedule.empty())
        parameters.emplace_back("schedule", words.schedule);
    if (!words.outcome.empty())
        parameters.emplace_back("outcome", words.outcome);
    if (words.limit > 0)
        parameters.emplace_back("limit", std::to_string(words.limit));
    if (auto added = add_period(parameters, words.period); !added)
        return added.error();
    return parameters;
}

std::optional<Failure> show(Console &console, ServerConnection &server, const std::string &path,
                            const Parameters &parameters, const Words &words, std::vector<std::string> hidden,
                            std::size_t &shown)
{
    AnswerPrinter printer(console, words.rows, std::move(hidden));
    auto failed = server.get_lines(path, parameters, [&](std::string_view line) { return printer.add(line); });
    printer.end();
    shown = printer.rows();
    return failed;
}

int outcomes(Console &console, const Words &words)
{
    auto parameters = parameters_of(words);
    if (!parameters)
        return fail(console, parameters.error(), kUsage);
    auto server = ServerConnection::open(words.server, channel::Role::collector);
    if (!server)
        return fail(console, server.error().error, server.error().status);
    if (const auto failed = restrict_to_agents(*parameters, *server, words.agents))
        return fail(console, failed->error, failed->status);
    std::size_t shown = 0;
    const auto failed =
        words.sums
            ? show(console, *server, "/operator/outcome-sums", *parameters, words, {}, shown)
            : show(console, *server, "/operator/outcomes", *parameters, words,
                   {"agent", "run", "task", "blame", "last_event", "start", "end", "sent", "received", "rows_dropped"},
                   shown);
    if (failed)
        return fail(console, failed->error, failed->status);
    if (shown == 0) {
        console.say("no outcomes match");
        return kNothingRan;
    }
    return kDone;
}

} // namespace

Verb add_outcomes(CLI::App &sonde)
{
    const auto words = std::make_shared<Words>();
    CLI::App *app = sonde.add_subcommand("outcomes", "Show how every planned run ended, and why");
    app->add_option("AGENT", words->agents, "an agent's id or the beginning of one (default: all)");
    app->add_flag("--sums", words->sums, "planned runs by schedule and outcome: planned is the sum of the others");
    app->add_option("--schedule", words->schedule, "only of this schedule");
    app->add_option("--outcome", words->outcome,
                    "completed, failed, suppressed, overlapped, not_met, refused, interrupted or missed");
    app->add_option("--limit", words->limit, "at most so many rows")->check(CLI::Range(1, 1'000'000'000));
    add_period_words(*app, words->period);
    add_server_words(*app, words->server, channel::Role::collector);
    add_answer_words(*app, words->rows);
    app->footer(examples({"sonde outcomes 6b1c0f8e --sums --last 1d", "sonde outcomes --outcome failed --last 2h"}) +
                "\n\nExit status 4: nothing matched, or the collector was not reached.");
    return {app, [words](Console &console) { return outcomes(console, *words); }};
}

} // namespace sonde::cli
