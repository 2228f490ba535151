#include "base/clock.hpp"
#include "model/date_time.hpp"
#include "model/instruction_json.hpp"
#include "programs/cli/afar.hpp"
#include "programs/cli/agent_link.hpp"
#include "programs/cli/agents.hpp"
#include "programs/cli/answer_member.hpp"
#include "programs/cli/answer_row.hpp"
#include "programs/cli/explain.hpp"
#include "programs/cli/moment.hpp"
#include "programs/cli/query.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace sonde::cli {

namespace {

// Where no time is asked for: so many outcomes, of so long.
constexpr std::size_t kNewestOutcomes = 3;
constexpr std::chrono::days kLookBack{31};

// So many agents are explained one by one.
constexpr std::size_t kExplained = 5;

struct WhyWords {
    ServerWords server;
    std::string controller;
    std::string schedule;
    std::vector<std::string> agents;
    std::string socket = kAgentSocket;
    std::string at;
    bool json = false;
};

struct AskedTime {
    std::optional<WallTime> from{};
    std::optional<WallTime> to{};
};

Result<AskedTime> asked_time(const WhyWords &words)
{
    if (words.at.empty())
        return AskedTime{};
    const auto at = parse_moment(words.at, now().wall);
    if (!at)
        return Error{"--at", at.error().what, at.error().hint};
    return AskedTime{at->begin, at->begin + at->length};
}

int ask_here(Console &console, const WhyWords &words, const AskedTime &time)
{
    rapidjson::Document request(rapidjson::kObjectType);
    auto &memory = request.GetAllocator();
    request.AddMember("ask", "why", memory);
    request.AddMember("schedule", rapidjson::Value(words.schedule, memory), memory);
    if (time.from)
        request.AddMember("from", rapidjson::Value(model::format_timestamp(*time.from), memory), memory);
    if (time.to)
        request.AddMember("to", rapidjson::Value(model::format_timestamp(*time.to), memory), memory);
    const auto answer = ask_agent(words.socket, json_line(request));
    if (const auto *failed = std::get_if<Failure>(&answer)) {
        Failure failure = *failed;
        if (failure.status == kNothingRan && failure.error.hint == kNoAgentHint)
            failure.error.hint += "; with an AGENT the collector is asked";
        return fail(console, failure);
    }
    const auto &said = std::get<rapidjson::Document>(answer);
    if (words.json) {
        console.out(json_line(said) + '\n');
        return kDone;
    }
    for (const std::string &sentence : why_sentences(said, time.from.has_value()))
        console.out(wrapped(sentence, console.out_width(), 2) + "\n");
    return kDone;
}

// Why there may be no outcome yet, and what is next, of the agents that were chosen. The controller is one more who may
// know, so what keeps it from being asked is said and no failure.
void ask_controller(Console &console, const WhyWords &words, const AskedTime &time, const Parameters &parameters)
{
    std::vector<std::string> agents;
    for (const auto &[name, value] : parameters)
        if (name == "agent")
            agents.push_back(value);
    if (agents.empty() || agents.size() > kExplained || words.json)
        return;
    const auto skip = [&](const Error &error) {
        console.say(printable("the controller is not asked what is next: " + to_string(error)));
    };
    auto server = ServerConnection::open({words.controller, words.server.identity}, channel::Role::controller);
    if (!server)
        return skip(server.error().error);
    std::vector<rapidjson::Document> known;
    const auto failed = server->get_lines("/operator/agents", {}, [&](std::string_view line) -> Result<bool> {
        auto row = read_answer_row(line);
        if (!row)
            return row.error();
        if (std::find(agents.begin(), agents.end(), text_member(*row, "agent")) != agents.end())
            known.push_back(std::move(*row));
        return true;
    });
    if (failed)
        return skip(failed->error);
    const auto zone = schedule::Zone::local();
    const AfarQuestion question{words.schedule, time.from, time.to, now().wall, zone ? *zone : schedule::Zone()};
    for (const rapidjson::Document &agent : known) {
        const std::string id = text_member(agent, "agent");
        const auto text = server->get("/operator/agents/" + id + "/instruction");
        if (!text)
            return skip(text.error().error);
        std::optional<model::Instruction> instruction;
        if (*text)
            instruction = model::read_instruction_part(**text).value;
        std::vector<rapidjson::Document> failures;
        const auto told =
            server->get_lines("/operator/failures", {{"agent", id}}, [&](std::string_view line) -> Result<bool> {
                auto row = read_answer_row(line);
                if (!row)
                    return row.error();
                if (text_member(*row, "kind") == "instruction")
                    failures.push_back(std::move(*row));
                return failures.empty();
            });
        if (told)
            return skip(told->error);
        for (const std::string &sentence : afar_sentences(question, agent, instruction, failures))
            console.out(wrapped(id.substr(0, 8) + "  " + sentence, console.out_width(), 2) + "\n");
    }
}

int ask_collector(Console &console, const WhyWords &words, const AskedTime &time)
{
    auto server = ServerConnection::open(words.server, channel::Role::collector);
    if (!server)
        return fail(console, server.error());
    Parameters parameters{{"schedule", words.schedule}};
    if (const auto failed = restrict_to_agents(parameters, *server, words.agents))
        return fail(console, *failed);
    parameters.emplace_back("from", model::format_date_time(time.from.value_or(now().wall - kLookBack)));
    if (time.to)
        parameters.emplace_back("to", model::format_date_time(*time.to));
    std::deque<std::string> lines;
    const auto failed = server->get_lines("/operator/outcomes", parameters, [&](std::string_view line) -> Result<bool> {
        lines.emplace_back(line);
        if (!time.from && lines.size() > kNewestOutcomes)
            lines.pop_front();
        return true;
    });
    if (failed)
        return fail(console, *failed);
    for (const std::string &line : lines) {
        const auto row = read_answer_row(line);
        if (!row)
            return fail(console, row.error(), kNothingRan);
        const std::string shown = words.json
                                      ? line
                                      : wrapped(text_member(*row, "agent").substr(0, 8) + "  " + outcome_sentence(*row),
                                                console.out_width(), 2);
        if (!console.out(shown + '\n'))
            return kDone;
    }
    ask_controller(console, words, time, parameters);
    if (!lines.empty())
        return kDone;
    console.say("the collector has no outcome of '" + printable(words.schedule) + "' " +
                (time.from ? "of then" : "of the last 31 days") +
                meant(*server, "/operator/outcome-sums", {}, "schedule", words.schedule) +
                "; what is not reported yet knows the agent (`sonde why` on its machine)");
    return kNothingRan;
}

int why(Console &console, const WhyWords &words)
{
    const auto time = asked_time(words);
    if (!time)
        return fail(console, time.error(), kUsage);
    return words.agents.empty() ? ask_here(console, words, *time) : ask_collector(console, words, *time);
}

} // namespace

Verb add_why(CLI::App &sonde)
{
    const auto words = std::make_shared<WhyWords>();
    CLI::App *app = sonde.add_subcommand("why", "Explain what a schedule did, or did not, and what is next");
    app->add_option("SCHEDULE", words->schedule, "a schedule's name")->required();
    app->add_option("AGENT", words->agents,
                    std::string(kAgentsHelp) +
                        "; asks the collector, and the controller (default: asks the agent on this machine)");
    app->add_option("--at", words->at, "about this minute, second or day: 2026-11-24T04:05Z, 04:05");
    app->add_option("--agent", words->socket,
                    std::string("ask the agent that answers at this socket (default: ") + kAgentSocket + ")");
    app->add_flag("--json", words->json,
                  "the agent's answer as one JSON object, or the collector's outcomes one a line");
    add_server_words(*app, words->server, channel::Role::collector);
    app->add_option("--controller", words->controller,
                    "the controller, https://HOST:PORT, which knows what is next (default: $SONDE_CONTROLLER)")
        ->envname("SONDE_CONTROLLER");
    app->footer(
        examples(
            {"sonde why hourly", "sonde why hourly --at 04:05", "sonde why hourly 6b1c0f8e --at 2026-11-24T04:05Z"}) +
        "\n\nThe agent remembers its newest 2000 outcomes and knows what is next; a collector has what was reported,\n"
        "how a report ended with a later one; the controller knows whether the instruction is in force, what is next,\n"
        "and why no outcome has come yet.\n"
        "Exit status: 3 not permitted, 4 nothing is known of it, or nobody was reached.");
    return {app, [words](Console &console) { return why(console, *words); }};
}

} // namespace sonde::cli
