#include "programs/cli/agents_sentence.hpp"

#include "base/id.hpp"
#include "base/nearest.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace sonde::cli {

namespace {

Result<AgentSentence::Attributes> read_attributes(const std::string &word)
{
    AgentSentence::Attributes attributes;
    std::istringstream parts(word);
    for (std::string part; std::getline(parts, part, '+');) {
        const std::size_t equals = part.find('=');
        if (equals == std::string::npos || equals == 0)
            return Error{"", "'" + part + "' in '" + word + "' is no NAME=VALUE", "group=west+up_to_date=false"};
        attributes.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
    return attributes;
}

bool fits(const KnownAgent &agent, const AgentSentence::Attributes &attributes)
{
    return std::all_of(attributes.begin(), attributes.end(), [&](const auto &wanted) {
        return std::find(agent.attributes.begin(), agent.attributes.end(), wanted) != agent.attributes.end();
    });
}

Error none_is_called(const std::string &word, const std::vector<KnownAgent> &known)
{
    std::vector<std::string> beginnings;
    for (const KnownAgent &agent : known)
        beginnings.push_back(agent.id.substr(0, word.size()));
    const auto near = nearest(word, beginnings);
    if (near) {
        const auto agent =
            std::find_if(known.begin(), known.end(), [&](const auto &each) { return each.id.starts_with(*near); });
        return {"", "no agent's id begins with '" + word + "'", "did you mean '" + agent->id + "'?"};
    }
    return {"", "no agent's id begins with '" + word + "'",
            "`sonde agents` lists them; one that has not been in contact yet needs its whole id"};
}

Error none_is_so(const AgentSentence::Attributes &attributes, const std::vector<KnownAgent> &known)
{
    for (const auto &[name, value] : attributes) {
        std::vector<std::string> names, values;
        for (const KnownAgent &agent : known)
            for (const auto &[has, is] : agent.attributes) {
                names.push_back(has);
                if (has == name)
                    values.push_back(is);
            }
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            const auto near = nearest(name, names);
            return {"", "the server says nothing of agents' '" + name + "'",
                    near ? "did you mean '" + *near + "'?" : "`sonde agents --json` shows what it says"};
        }
        if (std::find(values.begin(), values.end(), value) == values.end()) {
            const auto near = nearest(value, values);
            return {"", "no agent has " + name + "=" + value, near ? "did you mean '" + *near + "'?" : ""};
        }
    }
    return {"", "no agent has all that", ""};
}

} // namespace

Result<AgentSentence> read_agent_sentence(const std::vector<std::string> &words)
{
    AgentSentence sentence;
    std::vector<std::string> single;
    for (const std::string &word : words) {
        std::istringstream parts(word);
        for (std::string part; parts >> part;)
            single.push_back(part);
    }
    for (std::size_t i = 0; i < single.size(); ++i) {
        const std::string &word = single[i];
        if (word == "limit") {
            std::size_t limit = 0;
            const std::string number = i + 1 < single.size() ? single[i + 1] : "";
            const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit);
            if (error != std::errc() || end != number.data() + number.size() || limit == 0)
                return Error{"", "'limit " + number + "' is no number of agents", "all limit 20"};
            if (i + 2 < single.size())
                return Error{"", "'" + single[i + 2] + "' stands behind the limit", "it ends the sentence"};
            sentence.limit = limit;
            break;
        }
        if (word == "all") {
            sentence.all = true;
        } else if (word == "last") {
            sentence.last = true;
        } else if (word.find('=') != std::string::npos) {
            auto attributes = read_attributes(word);
            if (!attributes)
                return attributes.error();
            sentence.described.push_back(std::move(*attributes));
        } else {
            sentence.ids.push_back(word);
        }
    }
    if (sentence.limit && sentence.empty())
        return Error{"", "a limit of what?", "all limit 20"};
    return sentence;
}

boost::system::result<std::vector<std::string>, Failure>
chosen_agents(const AgentSentence &sentence, const std::vector<KnownAgent> &known, const std::vector<std::string> &last)
{
    std::vector<bool> taken(known.size(), sentence.all);
    std::vector<std::string> unknown;
    const auto take_id = [&](const std::string &id) {
        const auto found = std::find_if(known.begin(), known.end(), [&](const auto &agent) { return agent.id == id; });
        if (found != known.end())
            taken[static_cast<std::size_t>(found - known.begin())] = true;
        else if (std::find(unknown.begin(), unknown.end(), id) == unknown.end())
            unknown.push_back(id);
    };
    if (sentence.last && last.empty())
        return Failure{{"", "no agents were chosen before", "`last` means those of the command before"}, kNothingRan};
    for (const std::string &id : last)
        if (sentence.last)
            take_id(id);
    for (const std::string &word : sentence.ids) {
        if (const auto whole = parse_uuid(word)) {
            take_id(to_string(*whole));
            continue;
        }
        std::vector<std::size_t> matching;
        std::string beginning = word;
        for (char &c : beginning)
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        for (std::size_t i = 0; i < known.size(); ++i)
            if (known[i].id.starts_with(beginning))
                matching.push_back(i);
        if (matching.empty())
            return Failure{none_is_called(word, known), kNothingRan};
        if (matching.size() > 1)
            return Failure{{"",
                            "'" + word + "' is the beginning of " + std::to_string(matching.size()) + " agents' ids",
                            "write more of it, or `all`"},
                           kUsage};
        taken[matching.front()] = true;
    }
    for (const auto &attributes : sentence.described) {
        bool any = false;
        for (std::size_t i = 0; i < known.size(); ++i)
            if (fits(known[i], attributes))
                any = taken[i] = true;
        if (!any)
            return Failure{none_is_so(attributes, known), kNothingRan};
    }
    std::vector<std::string> chosen;
    for (std::size_t i = 0; i < known.size(); ++i)
        if (taken[i])
            chosen.push_back(known[i].id);
    chosen.insert(chosen.end(), unknown.begin(), unknown.end());
    if (chosen.empty())
        return Failure{{"", "no agent is known", "one that has not been in contact yet needs its whole id"},
                       kNothingRan};
    if (sentence.limit && chosen.size() > *sentence.limit)
        chosen.resize(*sentence.limit);
    return chosen;
}

} // namespace sonde::cli
