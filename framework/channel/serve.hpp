#pragma once

#include "base/log.hpp"
#include "channel/server.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace sonde::channel {

// What a server program of the two channels is, beyond its handler.
struct Service {
    std::filesystem::path identity; // a folder, see load_identity
    std::vector<std::string> listen;
    Handler handler;
    Admit admit;
};

// Listens with TLS, both sides authenticated, and runs the loop until SIGTERM or SIGINT; then stops listening, answers
// the requests in flight and returns. A second signal ends the program at once. An error: it never listened.
Result<void> serve(asio::io_context &loop, Service service, Log &log);

// Runs the loop with servers that listen already until SIGTERM or SIGINT, as serve() does; what is in flight has
// `grace` to end. Ignores SIGPIPE.
void serve_until_signal(asio::io_context &loop, const std::vector<Server *> &servers, Log &log,
                        std::chrono::milliseconds grace = std::chrono::seconds{5});

} // namespace sonde::channel
