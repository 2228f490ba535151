#pragma once

#include "base/result.hpp"
#include "channel/identity.hpp"
#include "programs/cli/verb.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::cli {

// How the command reaches a controller or a collector, from its options or their environment variables.
struct ServerWords {
    std::string url;      // --controller or --collector, SONDE_CONTROLLER or SONDE_COLLECTOR
    std::string identity; // --identity, SONDE_IDENTITY: an operator's
};

// Adds these options to a verb.
void add_server_words(CLI::App &app, ServerWords &words, channel::Role role);

// An error and the exit status that it means.
struct Failure {
    Error error;
    ExitStatus status = kNothingRan;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

// A controller or a collector, asked by an operator. Each call blocks until it is answered.
class ServerConnection {
public:
    static boost::system::result<ServerConnection, Failure> open(const ServerWords &words, channel::Role role);
    ServerConnection(ServerConnection &&) noexcept;
    ~ServerConnection();

    // The lines of a GET's answer, one at a time, without their newline; until it returns false.
    std::optional<Failure> get_lines(std::string path, Parameters parameters,
                                     std::function<bool(std::string_view)> line);
    // A PUT of a document. The answer's ETag.
    boost::system::result<std::string, Failure> put(std::string path, std::string document);

private:
    struct State;
    explicit ServerConnection(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// The agents that a sentence names: a UUID, the beginning of one that is unique, or `all`. Asks the server (either one)
// for the agents that it knows, unless it is a whole UUID.
boost::system::result<std::vector<std::string>, Failure> choose_agents(ServerConnection &server,
                                                                       const std::string &sentence);

// Restricts a query to the agents that the sentence names; an empty one and `all` leave it as it is.
std::optional<Failure> restrict_to_agents(Parameters &parameters, ServerConnection &server,
                                          const std::string &sentence);

} // namespace sonde::cli
