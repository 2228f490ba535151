#include "programs/cli/agents.hpp"

#include "base/id.hpp"
#include "programs/cli/agents_sentence.hpp"
#include "programs/cli/answer_row.hpp"
#include "programs/cli/last_agents.hpp"

#include <algorithm>

namespace sonde::cli {

namespace {

// So many go into the URL of a query.
constexpr std::size_t kAgentsInQuery = 300;

std::string text_of(const rapidjson::Value &value)
{
    if (value.IsString())
        return {value.GetString(), value.GetStringLength()};
    if (value.IsBool())
        return value.GetBool() ? "true" : "false";
    return value.IsUint64() ? std::to_string(value.GetUint64()) : "";
}

boost::system::result<std::vector<KnownAgent>, Failure> ask_for_agents(ServerConnection &server)
{
    std::vector<KnownAgent> known;
    auto failed = server.get_lines("/operator/agents", {}, [&](std::string_view line) -> Result<bool> {
        const auto row = read_answer_row(line);
        if (!row)
            return row.error();
        KnownAgent agent;
        for (const auto &member : row->GetObject()) {
            const std::string name(member.name.GetString(), member.name.GetStringLength());
            if (name == "agent")
                agent.id = text_of(member.value);
            else
                agent.attributes.emplace_back(name, text_of(member.value));
        }
        if (!parse_uuid(agent.id))
            return Error{"", "an agent without an id", ""};
        known.push_back(std::move(agent));
        return true;
    });
    if (!failed && server.interrupted())
        return Failure{{"", "interrupted", ""}, kNothingRan};
    if (failed)
        return *failed;
    return known;
}

bool needs_no_server(const AgentSentence &sentence)
{
    return !sentence.all && sentence.described.empty() &&
           std::all_of(sentence.ids.begin(), sentence.ids.end(), [](const auto &id) { return parse_uuid(id); });
}

} // namespace

const char *const kAgentsHelp = "which agents: an id or the beginning of one, `all`, `last`, NAME=VALUE; `... limit N`";

boost::system::result<std::vector<std::string>, Failure> choose_agents(ServerConnection &server,
                                                                       const std::vector<std::string> &words)
{
    const Result<AgentSentence> sentence = read_agent_sentence(words);
    if (!sentence)
        return Failure{sentence.error(), kUsage};
    std::vector<KnownAgent> known;
    if (!needs_no_server(*sentence)) {
        auto asked = ask_for_agents(server);
        if (!asked)
            return asked.error();
        known = std::move(*asked);
    }
    auto chosen = chosen_agents(*sentence, known, sentence->last ? last_agents() : std::vector<std::string>());
    if (!chosen)
        return chosen.error();
    keep_last_agents(*chosen);
    return std::move(*chosen);
}

std::optional<Failure> restrict_to_agents(Parameters &parameters, ServerConnection &server,
                                          const std::vector<std::string> &words)
{
    if (words.empty() || (words.size() == 1 && words.front() == "all"))
        return {};
    const auto chosen = choose_agents(server, words);
    if (!chosen)
        return chosen.error();
    if (chosen->size() > kAgentsInQuery)
        return Failure{{"", std::to_string(chosen->size()) + " agents are too many to name in a query",
                        "`all`, or `limit " + std::to_string(kAgentsInQuery) + "`"},
                       kUsage};
    for (const std::string &agent : *chosen)
        parameters.emplace_back("agent", agent);
    return {};
}

} // namespace sonde::cli
