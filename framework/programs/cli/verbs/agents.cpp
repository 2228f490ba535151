#include "programs/cli/agents.hpp"
#include "programs/cli/query.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct AgentsWords {
    ServerWords server;
    AnswerWords rows;
    std::vector<std::string> agents;
    bool failures = false;
};

int agents(Console &console, const AgentsWords &words)
{
    auto server = ServerConnection::open(words.server, channel::Role::controller);
    if (!server)
        return fail(console, server.error());
    std::vector<std::string> chosen;
    if (!words.agents.empty()) {
        auto found = choose_agents(*server, words.agents);
        if (!found)
            return fail(console, found.error());
        chosen = std::move(*found);
    }
    const std::string path = words.failures ? "/operator/failures" : "/operator/agents";
    Parameters parameters;
    if (words.failures && chosen.size() == 1)
        parameters.emplace_back("agent", chosen.front());
    const auto nothing = [&]() -> std::string {
        return words.failures ? "no agent has told of a failure" : "no agent has been in contact yet";
    };
    return show_rows(console, *server, path, parameters, words.rows, {}, nothing,
                     words.agents.empty() ? nullptr : &chosen);
}

} // namespace

Verb add_agents(CLI::App &sonde)
{
    const auto words = std::make_shared<AgentsWords>();
    CLI::App *app = sonde.add_subcommand("agents", "List the agents that the controller knows");
    app->add_option("AGENT", words->agents, std::string(kAgentsHelp) + " (default: all)");
    app->add_flag("--failures", words->failures,
                  "what agents could not do: refused instructions, plugins, reports; the newest first, 1000 of "
                  "each agent are kept");
    add_server_words(*app, words->server, channel::Role::controller);
    add_answer_words(*app, words->rows);
    app->footer(examples({"sonde agents", "sonde agents up_to_date=false --json | jq -r .agent",
                          "sonde agents 6b1c0f8e --failures"}) +
                "\n\nExit status 4: none, or the controller was not reached.");
    return {app, [words](Console &console) { return agents(console, *words); }};
}

} // namespace sonde::cli
