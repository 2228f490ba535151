#pragma once

#include "base/log.hpp"
#include "channel/backoff.hpp"
#include "channel/client.hpp"
#include "conductor.hpp"
#include "model/capabilities.hpp"
#include "spool/spool.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sonde::agent {

// The control channel (RFC 7594 section 4): a pull that feels like a push. Asks the Controller for the instruction with
// a long poll, and tells it capabilities and failures. The agent works by itself whether this succeeds or not.
class Control {
public:
    Control(asio::any_io_executor executor, channel::ClientOptions controller, spool::Spool &spool,
            channel::Random random, std::shared_ptr<Log> log, std::function<void(Accepted)> accept);

    // Follows the Controller's instruction for ever, or until stop(). `etag`: of the one in force, if any.
    asio::awaitable<void> follow(std::string etag);
    // Tells what is to be told, for ever, or until stop().
    asio::awaitable<void> tell();

    // These replace what was told before.
    void tell_capabilities(model::Capabilities capabilities);
    // The spool holds failures that have not been told.
    void tell_failures();

    void stop();

private:
    enum class Told { nothing, done, failed };

    asio::awaitable<bool> ask();
    asio::awaitable<bool> consider(std::string text, std::string etag);
    asio::awaitable<void> refuse(std::vector<Error> errors, const std::string &etag);
    asio::awaitable<Told> tell_one();
    asio::awaitable<bool> post(std::string_view path, std::string body);
    asio::awaitable<void> pause(asio::steady_timer &timer, std::chrono::milliseconds time);

    asio::any_io_executor executor_;
    channel::ClientOptions options_;
    std::unique_ptr<channel::Client> client_;
    spool::Spool &spool_;
    channel::Random random_;
    std::shared_ptr<Log> log_;
    std::function<void(Accepted)> accept_;

    std::string etag_;         // of the instruction in force
    std::string refused_etag_; // of one that was refused since: not to be fetched again
    bool reached_ = true;      // for one log line a change
    std::optional<model::Capabilities> capabilities_;
    bool failures_wait_ = true;
    asio::steady_timer poll_timer_;
    asio::steady_timer tell_timer_;
    bool stopped_ = false;
};

} // namespace sonde::agent
