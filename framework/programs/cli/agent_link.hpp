#pragma once

#include "base/result.hpp"
#include "programs/cli/verb.hpp"

#include <rapidjson/document.h>

#include <filesystem>
#include <string>
#include <variant>

namespace sonde::cli {

// Where the agent of this machine answers, unless it was told otherwise.
inline constexpr const char *kAgentSocket = "/var/lib/sonde/agent.sock";

// What is right where no agent is at a socket.
inline constexpr const char *kNoAgentHint = "--agent names the socket of one that runs";

// Asks the agent on this machine, at its socket; blocks for up to ten seconds. `request` is one JSON object in one line,
// the answer is one without an error, or that error. Failures say whether nobody was there or one was not permitted.
std::variant<rapidjson::Document, Failure> ask_agent(const std::filesystem::path &socket, std::string request);

} // namespace sonde::cli
