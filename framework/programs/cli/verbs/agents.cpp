#include "programs/cli/answer_printer.hpp"
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
    bool failures = false;
};

int agents(Console &console, const Words &words)
{
    auto server = ServerConnection::open(words.server, channel::Role::controller);
    if (!server)
        return fail(console, server.error().error, server.error().status);
    AnswerPrinter printer(console, words.rows, {});
    const auto failed = server->get_lines(words.failures ? "/operator/failures" : "/operator/agents", {},
                                          [&](std::string_view line) { return printer.add(line); });
    printer.end();
    if (failed)
        return fail(console, failed->error, failed->status);
    if (printer.rows() == 0)
        console.say(words.failures ? "no agent has told of a failure" : "no agent has been in contact yet");
    return kDone;
}

} // namespace

Verb add_agents(CLI::App &sonde)
{
    const auto words = std::make_shared<Words>();
    CLI::App *app = sonde.add_subcommand("agents", "List the agents that the controller knows");
    app->add_flag("--failures", words->failures, "what agents could not do: refused instructions, plugins, reports");
    add_server_words(*app, words->server, channel::Role::controller);
    add_answer_words(*app, words->rows);
    app->footer(examples({"sonde agents", "sonde agents --json | jq -r .agent", "sonde agents --failures"}));
    return {app, [words](Console &console) { return agents(console, *words); }};
}

} // namespace sonde::cli
