#include "model/instruction_json.hpp"
#include "model/limits.hpp"
#include "programs/cli/file.hpp"
#include "programs/cli/server.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct Words {
    ServerWords server;
    std::string agents;
    std::string file;
};

int instruct(Console &console, const Words &words)
{
    const Result<std::string> text = read_file(words.file, model::kInstructionBytesMax);
    if (!text)
        return fail(console, text.error(), kUsage);
    // Checked here as well, so that a typing error does not need a server to be found.
    const auto reading = model::read_instruction(*text);
    for (const Error &warning : reading.warnings)
        console.say(printable("warning: " + words.file + ": " + to_string(warning)));
    for (const Error &error : reading.errors)
        fail(console, {words.file + ": " + error.where, error.what, error.hint}, kUsage);
    if (!reading) {
        console.say("nothing was changed.");
        return kUsage;
    }
    auto server = ServerConnection::open(words.server, channel::Role::controller);
    if (!server)
        return fail(console, server.error().error, server.error().status);
    const auto chosen = choose_agents(*server, words.agents);
    if (!chosen)
        return fail(console, chosen.error().error, chosen.error().status);
    for (const std::string &agent : *chosen) {
        const auto etag = server->put("/operator/agents/" + agent + "/instruction", *text);
        if (!etag)
            return fail(console, etag.error().error, etag.error().status);
        console.out(agent + " " + *etag + "\n");
    }
    console.say("set for " + std::to_string(chosen->size()) + (chosen->size() == 1 ? " agent" : " agents") +
                "; one that is connected takes it at once, `sonde agents` shows what each has applied");
    return kDone;
}

} // namespace

Verb add_instruct(CLI::App &sonde)
{
    const auto words = std::make_shared<Words>();
    CLI::App *app = sonde.add_subcommand("instruct", "Give agents an instruction (RFC 8194 in JSON)");
    app->add_option("AGENT", words->agents, "an agent's id, the beginning of one, or `all` that are known")->required();
    app->add_option("FILE", words->file, "the instruction; - reads stdin")->required();
    add_server_words(*app, words->server, channel::Role::controller);
    app->footer(
        examples({"sonde instruct 6b1c0f8e hourly.json", "sonde instruct all hourly.json"}) +
        "\n\nPrints each agent's id and the ETag of its instruction. An instruction is taken whole or not at all.");
    return {app, [words](Console &console) { return instruct(console, *words); }};
}

} // namespace sonde::cli
