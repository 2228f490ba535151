#include "programs/cli/answer_printer.hpp"
#include "programs/cli/period.hpp"
#include "programs/cli/server.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct Words {
    ServerWords server;
    AnswerWords rows;
    PeriodWords period;
    std::string method;
    std::string agents;
    std::string task;
    std::string table;
    std::uint64_t limit = 0;
};

Result<Parameters> parameters_of(const Words &words)
{
    Parameters parameters{{"method", words.method}};
    if (words.table != "all")
        parameters.emplace_back("table", words.table);
    if (!words.task.empty())
        parameters.emplace_back("task", words.task);
    if (words.limit > 0)
        parameters.emplace_back("limit", std::to_string(words.limit));
    if (auto added = add_period(parameters, words.period); !added)
        return added.error();
    return parameters;
}

int results(Console &console, const Words &words)
{
    auto parameters = parameters_of(words);
    if (!parameters)
        return fail(console, parameters.error(), kUsage);
    if (words.rows.csv && words.table == "all")
        return fail(console, {"--csv", "needs one table", "--table NAME, or --json for all"}, kUsage);
    auto server = ServerConnection::open(words.server, channel::Role::collector);
    if (!server)
        return fail(console, server.error().error, server.error().status);
    if (const auto failed = restrict_to_agents(*parameters, *server, words.agents))
        return fail(console, failed->error, failed->status);
    AnswerPrinter printer(console, words.rows,
                          {"agent", "run", "method", "table", "action", "task", "result_start", "result_end",
                           "cycle_number", "result_status"});
    const auto failed =
        server->get_lines("/operator/results", *parameters, [&](std::string_view line) { return printer.add(line); });
    printer.end();
    if (failed)
        return fail(console, failed->error, failed->status);
    if (printer.rows() == 0) {
        console.say("no results match");
        return kNothingRan;
    }
    return kDone;
}

} // namespace

Verb add_results(CLI::App &sonde)
{
    const auto words = std::make_shared<Words>();
    CLI::App *app = sonde.add_subcommand("results", "Show what the collector has received of a method");
    app->add_option("METHOD", words->method, "the method: ping, http-download, ...")->required();
    app->add_option("AGENT", words->agents, "an agent's id or the beginning of one (default: all)");
    app->add_option("--table", words->table, "a table of the method, or `all` (default: the method's first)");
    app->add_option("--task", words->task, "only of this task");
    app->add_option("--limit", words->limit, "at most so many rows")->check(CLI::Range(1, 1'000'000'000));
    add_period_words(*app, words->period);
    add_server_words(*app, words->server, channel::Role::collector);
    add_answer_words(*app, words->rows);
    app->footer(examples({"sonde results ping --last 2h", "sonde results ping 6b1c0f8e --table summary --csv",
                          "sonde results dns --last 1d --json | jq .response_time_ns"}) +
                "\n\nExit status 4: nothing matched, or the collector was not reached.");
    return {app, [words](Console &console) { return results(console, *words); }};
}

} // namespace sonde::cli
