#pragma once

#include "base/log.hpp"
#include "channel/server.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace sonde::channel {

// What a server program of the two channels serves.
struct Service {
    Handler handler;
    Admit admit;
    std::function<void()> on_stop{};
    std::size_t body_limit = 16 * 1024 * 1024; // of a request
    std::shared_ptr<void> owner{};             // of what the functions above use; goes before the loop does
};

struct ServeOptions {
    Role role{};                    // that the identity must have
    std::filesystem::path identity; // a folder, see load_identity
    std::vector<std::string> listen{"127.0.0.1:8443"};
    std::size_t max_connections = 4096; // fewer where the limit of open descriptors cannot hold them, with a warning
};

// Listens with TLS, both sides authenticated, and runs the loop until SIGTERM or SIGINT; then stops listening, answers
// the requests in flight and returns. A second signal ends the program at once. An error: it never listened. Raises the
// process's limit of open descriptors as far as it may.
Result<void> serve(asio::io_context &loop, Service service, const ServeOptions &options, Log &log);

// Runs the loop with servers that listen already until SIGTERM or SIGINT, as serve() does; what is in flight has
// `grace` to end. Ignores SIGPIPE.
void serve_until_signal(asio::io_context &loop, const std::vector<Server *> &servers, Log &log,
                        std::chrono::milliseconds grace = std::chrono::seconds{5});

} // namespace sonde::channel
