#include "programs/cli/agents.hpp"
#include "programs/cli/period.hpp"
#include "programs/cli/query.hpp"
#include "programs/cli/usage.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct ResultsWords {
    ServerWords server;
    AnswerWords rows;
    PeriodWords period;
    std::string method;
    std::vector<std::string> agents;
    std::string task;
    std::string table;
    std::uint64_t limit = 0;
};

Result<Parameters> results_parameters(const ResultsWords &words)
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

// A name that matched nothing may be mistyped; the outcomes know the tasks that there are.
std::string what_was_meant(ServerConnection &server, const ResultsWords &words)
{
    const Parameters some{{"limit", "10000"}};
    if (!words.task.empty())
        return meant(server, "/operator/outcomes", some, "task", words.task);
    if (!words.table.empty() && words.table != "all") {
        const Parameters all{{"method", words.method}, {"limit", "10000"}};
        if (std::string table = meant(server, "/operator/results", all, "table", words.table); !table.empty())
            return table;
    }
    return meant(server, "/operator/outcomes", some, "task", words.method);
}

int results(Console &console, const ResultsWords &words)
{
    auto parameters = results_parameters(words);
    if (!parameters)
        return fail(console, parameters.error(), kUsage);
    if (words.rows.csv && words.table == "all" && words.rows.columns.empty())
        return fail(console,
                    {"--csv", "needs rows of one kind", "--table NAME or --columns NAME,...; --json shows all tables"},
                    kUsage);
    auto server = ServerConnection::open(words.server, channel::Role::collector);
    if (!server)
        return fail(console, server.error());
    if (const auto failed = restrict_to_agents(*parameters, *server, words.agents))
        return fail(console, *failed);
    AnswerLook look{{"run", "method", "plugin_version", "plugin_hash", "table", "action", "task", "result_start",
                     "result_end", "cycle_number", "result_status", "conflict"},
                    true};
    return show_rows(console, *server, "/operator/results", *parameters, words.rows, std::move(look),
                     [&] { return "no results match" + what_was_meant(*server, words); });
}

} // namespace

Verb add_results(CLI::App &sonde)
{
    const auto words = std::make_shared<ResultsWords>();
    CLI::App *app = sonde.add_subcommand("results", "Show what the collector has received of a method");
    app->add_option("METHOD", words->method, "the method: ping, http-download, ...")->required();
    app->add_option("AGENT", words->agents, std::string(kAgentsHelp) + " (default: all)");
    app->add_option("--table", words->table, "a table of the method, or `all` (default: the method's first)");
    app->add_option("--task", words->task, "only of this task");
    app->add_option("--limit", words->limit, "at most so many rows")->check(whole_number(1, 1'000'000'000));
    add_period_words(*app, words->period);
    add_server_words(*app, words->server, channel::Role::collector);
    add_answer_words(*app, words->rows);
    app->footer(examples({"sonde results ping --last 2h", "sonde results ping 6b1c0f8e --table summary --csv",
                          "sonde results dns --last 1d --json | jq .response_time_ns"}) +
                "\n\nExit status 4: nothing matched, or the collector was not reached.");
    return {app, [words](Console &console) { return results(console, *words); }};
}

} // namespace sonde::cli
