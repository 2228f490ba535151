#include "programs/cli/agent_link.hpp"
#include "programs/cli/answer_member.hpp"
#include "programs/cli/answer_row.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/server.hpp"
#include "programs/cli/trace_steps.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <memory>

namespace sonde::cli {

namespace {

constexpr std::size_t kLeastDigits = 4;
constexpr std::size_t kUuidDigits = 36;

struct TraceWords {
    ServerWords server;
    std::string run;
    std::string socket;
    bool json = false;
};

// What the places said, and why one of them said nothing.
struct Said {
    std::vector<TraceRun> runs;
    std::vector<Failure> failures;
    bool somebody = false; // answered
};

void ask_agent_for(const TraceWords &words, Said &said)
{
    rapidjson::Document request(rapidjson::kObjectType);
    request.AddMember("ask", "trace", request.GetAllocator());
    request.AddMember("run", rapidjson::Value(words.run, request.GetAllocator()), request.GetAllocator());
    auto answer = ask_agent(words.socket.empty() ? kAgentSocket : words.socket, json_line(request));
    if (const auto *failed = std::get_if<Failure>(&answer)) {
        said.failures.push_back(*failed);
        return;
    }
    said.somebody = true;
    const auto &document = std::get<rapidjson::Document>(answer);
    for (const rapidjson::Value &run : list_member(document, "runs")) {
        TraceRun &traced = run_in(said.runs, run, text_member(document, "agent"));
        traced.at_agent.CopyFrom(run, traced.at_agent.GetAllocator());
    }
}

void ask_collector_for(const TraceWords &words, Said &said)
{
    auto server = ServerConnection::open(words.server, channel::Role::collector);
    if (!server) {
        said.failures.push_back(server.error());
        return;
    }
    const auto failed =
        server->get_lines("/operator/trace", {{"run", words.run}}, [&](std::string_view line) -> Result<bool> {
            auto row = read_answer_row(line);
            if (!row)
                return row.error();
            TraceRun &traced = run_in(said.runs, *row, text_member(*row, "agent"));
            traced.at_collector.Swap(*row);
            return true;
        });
    if (failed)
        said.failures.push_back(*failed);
    else
        said.somebody = true;
}

// Several runs begin so, unless they are actions of one.
bool ambiguous(const std::vector<TraceRun> &runs)
{
    return std::any_of(runs.begin(), runs.end(), [&](const TraceRun &run) { return run.run != runs.front().run; });
}

int show(Console &console, const TraceWords &words, const std::vector<TraceRun> &runs)
{
    if (ambiguous(runs)) {
        std::string list;
        for (const TraceRun &run : runs)
            list += (list.empty() ? "" : ", ") + run.run;
        return fail(console, {"", "several runs begin with '" + words.run + "'", list}, kUsage);
    }
    for (const TraceRun &run : runs) {
        if (words.json) {
            console.out(trace_json(run) + '\n');
            continue;
        }
        for (const std::string &line : trace_lines(run))
            console.out(line + "\n");
    }
    return kDone;
}

int trace(Console &console, TraceWords words)
{
    std::transform(words.run.begin(), words.run.end(), words.run.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (words.run.size() < kLeastDigits || words.run.size() > kUuidDigits ||
        words.run.find_first_not_of("0123456789abcdef-") != std::string::npos)
        return fail(console,
                    {"", "'" + words.run.substr(0, 80) + "' is no run's UUID, nor the beginning of one",
                     "`sonde outcomes --json` has them; four digits at least"},
                    kUsage);
    Said said;
    ask_agent_for(words, said);
    if (words.socket.empty() || !words.server.url.empty())
        ask_collector_for(words, said);
    if (!said.somebody) {
        for (const Failure &failure : said.failures)
            fail(console, failure);
        return said.failures.front().status == kRefused ? kRefused : kNothingRan;
    }
    if (said.runs.empty()) {
        for (const Failure &failure : said.failures)
            console.say(printable("not asked: " + to_string(failure.error)));
        console.say("nobody who was asked knows a run that begins with " + words.run);
        return kNothingRan;
    }
    const int status = show(console, words, said.runs);
    for (const Failure &failure : said.failures)
        console.say(printable("not asked: " + to_string(failure.error)));
    return status;
}

} // namespace

Verb add_trace(CLI::App &sonde)
{
    const auto words = std::make_shared<TraceWords>();
    CLI::App *app = sonde.add_subcommand("trace", "Follow one run from its trigger to the collector's database");
    app->add_option("RUN", words->run, "its UUID, or the beginning of it")->required();
    app->add_option("--agent", words->socket,
                    std::string("ask the agent that answers at this socket (default: ") + kAgentSocket + ")");
    app->add_flag("--json", words->json, "one JSON object an action of the run: what the agent and the collector say");
    add_server_words(*app, words->server, channel::Role::collector);
    app->footer(
        examples({"sonde trace 6b1c0f8e", "sonde trace 6b1c0f8e-0042-4000-8000-000000000001 --json"}) +
        "\n\nAsks the agent on this machine, which remembers its newest 2000 runs, and the collector; each line says\n"
        "which of the two knows it. One of them is enough.\n"
        "Exit status: 3 not permitted, 4 nobody knows the run, or nobody was reached.");
    return {app, [words](Console &console) { return trace(console, *words); }};
}

} // namespace sonde::cli
