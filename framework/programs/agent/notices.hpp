#pragma once

#include "base/log.hpp"
#include "channel/backoff.hpp"
#include "channel/client.hpp"
#include "model/capabilities.hpp"
#include "spool/spool.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::agent {

namespace asio = boost::asio;

inline constexpr channel::Pace kNoticePace{std::chrono::milliseconds{500}, std::chrono::milliseconds{60'000}};

// What the agent tells its Controller without being asked: capabilities and failures. Each is sent until it is taken,
// or until the Controller has refused that very document; what is only misplaced (a certificate, a path) is kept.
// Belongs to one thread.
class Notices {
public:
    // Client and spool outlive it.
    Notices(asio::any_io_executor executor, channel::Client &controller, spool::Spool &spool, channel::Random random,
            std::shared_ptr<Log> log, channel::Pace pace = kNoticePace);

    // Both tell for ever, or until stop() and the client's close().
    asio::awaitable<void> tell_capabilities();
    asio::awaitable<void> tell_failures();

    // These replace what was told before.
    void capabilities_changed(model::Capabilities capabilities);
    // Keeps a failure in the spool and tells it.
    asio::awaitable<void> note(model::Failure failure);
    // The spool holds failures that have not been told.
    void failures_wait();

    void stop();

private:
    // One kind of notice on its way.
    struct Mail {
        std::string path;
        channel::Retry retry;
        asio::steady_timer timer;
        bool idle = false;     // there is nothing to tell, and news end the wait
        std::string trouble{}; // why the last one was misplaced, for one log line a change
    };
    struct Answer {
        channel::Verdict verdict = channel::Verdict::transient;
        std::string said{};
        std::optional<std::chrono::seconds> retry_after{};
    };

    asio::awaitable<Answer> post(Mail &mail, std::string body);
    asio::awaitable<Answer> tell_some_failures();
    asio::awaitable<Result<void>> set_aside(const spool::WaitingFailure &failure, std::string said);
    asio::awaitable<void> wait_for_news(Mail &mail);
    asio::awaitable<void> wait_to_retry(Mail &mail, Answer answer);

    channel::Client &client_;
    spool::Spool &spool_;
    channel::Random random_;
    std::shared_ptr<Log> log_;
    Mail capabilities_mail_;
    Mail failures_mail_;
    std::optional<model::Capabilities> capabilities_;
    bool failures_wait_ = true;
    std::size_t failures_at_once_;
    bool stopped_ = false;
};

} // namespace sonde::agent
