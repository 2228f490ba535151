#pragma once

#include "base/result.hpp"
#include "programs/cli/verb.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::cli {

// Agents are chosen by a sentence everywhere. Its words are
//   an agent's id, or the beginning of one that is unique
//   all                        every one that the server knows
//   last                       those that were chosen the last time
//   NAME=VALUE+NAME=VALUE      those of whom the server says so: group=west
// and it may end with `limit N`.
struct AgentSentence {
    using Attributes = std::vector<std::pair<std::string, std::string>>;
    bool all = false;
    bool last = false;
    std::vector<std::string> ids; // or their beginnings
    std::vector<Attributes> described;
    std::optional<std::size_t> limit;

    bool empty() const { return !all && !last && ids.empty() && described.empty(); }
};

// `words` may each hold several, separated by blanks.
Result<AgentSentence> read_agent_sentence(const std::vector<std::string> &words);

// What a server says of an agent: the members of its row as text.
struct KnownAgent {
    std::string id;
    std::vector<std::pair<std::string, std::string>> attributes;
};

// The ids of those that the sentence chooses, each once, in the order of `known`; `last` are the ids of the last time.
// A whole id that is not known is taken at its word and comes last. A failure if a part of the sentence matches none
// (kNothingRan), or a beginning several (kUsage).
boost::system::result<std::vector<std::string>, Failure> chosen_agents(const AgentSentence &sentence,
                                                                       const std::vector<KnownAgent> &known,
                                                                       const std::vector<std::string> &last);

} // namespace sonde::cli
