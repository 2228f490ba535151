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

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Takes a line of an answer. False: it was the last that is wanted. An error: it is not what it should be.
using TakeLine = std::function<Result<bool>(std::string_view)>;

// A controller or a collector, asked by an operator. Each call blocks until it is answered, or until SIGINT or SIGTERM
// comes.
class ServerConnection {
public:
    static boost::system::result<ServerConnection, Failure> open(const ServerWords &words, channel::Role role);
    ServerConnection(ServerConnection &&) noexcept;
    ~ServerConnection();

    // The lines of a GET's answer, one at a time, without their newline. An answer that ends in the middle of a line,
    // or has one of more than kLineBytesMax bytes, is a failure after its good lines.
    std::optional<Failure> get_lines(std::string path, Parameters parameters, const TakeLine &line);
    // A GET of a document; nothing if there is none (404).
    boost::system::result<std::optional<std::string>, Failure> get(std::string path);
    // A PUT of a document. The answer's ETag.
    boost::system::result<std::string, Failure> put(std::string path, std::string document);

    // A signal came: the last call ended with what there was, and every other one does at once.
    bool interrupted() const;

private:
    struct State;
    explicit ServerConnection(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace sonde::cli
