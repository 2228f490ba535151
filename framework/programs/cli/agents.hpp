#pragma once

#include "programs/cli/server.hpp"

#include <string>
#include <vector>

namespace sonde::cli {

// What --help says of a verb's agents.
extern const char *const kAgentsHelp;

// The ids of the agents that a sentence (agents_sentence.hpp) chooses; they are kept for `last`. Asks the server,
// either one, for those that it knows, unless the sentence is made of whole ids.
boost::system::result<std::vector<std::string>, Failure> choose_agents(ServerConnection &server,
                                                                       const std::vector<std::string> &words);

// Restricts a query to the agents that a sentence chooses; an empty one and `all` leave it as it is.
std::optional<Failure> restrict_to_agents(Parameters &parameters, ServerConnection &server,
                                          const std::vector<std::string> &words);

} // namespace sonde::cli
