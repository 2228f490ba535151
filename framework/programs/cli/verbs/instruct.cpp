#include "model/row_json.hpp"
#include "programs/cli/agents.hpp"
#include "programs/cli/csv.hpp"
#include "programs/cli/instruction_file.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct InstructWords {
    ServerWords server;
    std::vector<std::string> words; // the agents' sentence, then the file
    bool json = false;
    bool csv = false;
};

std::string line_for(const InstructWords &words, const std::string &agent, const std::string &etag)
{
    if (words.csv)
        return csv_line({agent, etag});
    if (!words.json)
        return agent + " " + etag + "\n";
    std::string line = "{";
    model::append_member(line, "agent", agent);
    line += ',';
    model::append_member(line, "instruction", etag);
    return line + "}\n";
}

std::string counted(std::size_t agents)
{
    return std::to_string(agents) + (agents == 1 ? " agent" : " agents");
}

int give(Console &console, const InstructWords &words, ServerConnection &server, const std::vector<std::string> &chosen,
         const std::string &text)
{
    std::size_t done = 0, unchanged = 0;
    for (const std::string &agent : chosen) {
        const std::string path = "/operator/agents/" + agent + "/instruction";
        const auto before = server.get(path);
        auto etag = server.put(path, text);
        if (!etag) {
            if (server.interrupted())
                fail(console, {"", "interrupted", ""}, kTargetFailed);
            else
                fail(console, etag.error());
            console.say("set for " + std::to_string(done) + " of " + std::to_string(chosen.size()) + " agents");
            return server.interrupted() ? kTargetFailed : etag.error().status;
        }
        // As `sonde agents` shows it.
        if (etag->size() >= 2 && etag->front() == '"' && (words.json || words.csv))
            etag = etag->substr(1, etag->size() - 2);
        if (words.csv && done == 0)
            console.out(csv_line({"agent", "instruction"}));
        console.out(line_for(words, agent, *etag));
        ++done;
        unchanged += before && *before && **before == text ? 1 : 0;
    }
    if (unchanged > 0)
        console.say("the controller had this very instruction for " + counted(unchanged) +
                    " already: nothing runs anew");
    const std::string applied = "`sonde agents` shows what each has applied";
    console.say(unchanged == done
                    ? applied
                    : "set for " + counted(done - unchanged) + "; one that is connected takes it at once, " + applied);
    return kDone;
}

int instruct(Console &console, const InstructWords &words)
{
    if (words.words.size() < 2)
        return fail(console, {"", "which agents, and which instruction?", "sonde instruct AGENT... FILE"}, kUsage);
    // Checked here as well, so that a typing error does not need a server to be found.
    const InstructionFile file = read_instruction_file(console, words.words.back());
    if (file.status != kDone) {
        console.say("nothing was changed.");
        return file.status;
    }
    auto server = ServerConnection::open(words.server, channel::Role::controller);
    if (!server)
        return fail(console, server.error());
    const auto chosen = choose_agents(*server, {words.words.begin(), words.words.end() - 1});
    if (!chosen)
        return fail(console, chosen.error());
    return give(console, words, *server, *chosen, file.text);
}

} // namespace

Verb add_instruct(CLI::App &sonde)
{
    const auto words = std::make_shared<InstructWords>();
    CLI::App *app = sonde.add_subcommand("instruct", "Give agents an instruction (RFC 8194 in JSON or XML)");
    app->add_option("AGENT... FILE", words->words, std::string(kAgentsHelp) + "; then the instruction, - reads stdin")
        ->required();
    CLI::Option *json = app->add_flag("--json", words->json, "one JSON object a line: agent, instruction");
    app->add_flag("--csv", words->csv, "the same as comma-separated values with a header")->excludes(json);
    add_server_words(*app, words->server, channel::Role::controller);
    app->footer(
        examples({"sonde instruct 6b1c0f8e hourly.json", "sonde instruct all hourly.json",
                  "sonde instruct all limit 20 hourly.json", "sonde instruct last hourly.json"}) +
        "\n\nPrints each agent's id and the ETag of its instruction. An instruction is taken whole or not at all.");
    return {app, [words](Console &console) { return instruct(console, *words); }};
}

} // namespace sonde::cli
