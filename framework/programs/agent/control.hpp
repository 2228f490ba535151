#pragma once

#include "accepted.hpp"
#include "base/log.hpp"
#include "channel/backoff.hpp"
#include "channel/client.hpp"
#include "spool/spool.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sonde::agent {

namespace asio = boost::asio;

// The control channel (RFC 7594 section 4): a pull that feels like a push. Asks the Controller for the instruction with
// a long poll, and says with each which one is in force. The agent works by itself whether this succeeds or not.
class Control {
public:
    struct Options {
        Self self;
        // Between two polls that were answered at once with nothing new: by a controller that does not wait.
        std::chrono::milliseconds quickest_poll{1'000};
        // How long a poll waits at most for what has yet to be accounted for.
        std::chrono::milliseconds catch_up{2'000};
    };

    // What is told of the agent's triggers.
    struct Triggers {
        std::function<bool()> caught_up; // those up to now are in the spool
        // Whether a collector is to hear of the outcomes of an action.
        std::function<bool(const std::string &schedule, const std::string &action)> heard;
    };

    // `accept` is given an instruction that has passed every check, to bring it into force; applied() follows.
    // `refused` is called when one was refused and the spool holds the reasons, `contact` whenever the Controller has
    // answered. Everything handed in outlives it.
    Control(const asio::any_io_executor &executor, Options options, channel::Client &controller, spool::Spool &spool,
            channel::Random random, std::shared_ptr<Log> log, std::function<void(Accepted)> accept,
            std::function<void()> refused, std::function<void()> contact, Triggers triggers);

    // How long a poll may wait, by the instruction in force. A Controller that has not answered for controller-timeout
    // counts as lost: one that is there answers twice in it, though at most once a second.
    void heed(const model::AgentConfiguration &configuration);

    // Follows the Controller's instruction for ever, or until stop() and the client's close(). Given what the spool
    // remembers: the instruction in force, and one that was refused since.
    asio::awaitable<void> follow(std::optional<spool::StoredInstruction> in_force,
                                 std::optional<spool::RefusedInstruction> refused);

    // What was accepted is in force, that is durable. The Controller is not told before.
    void applied();

    void stop();

    // Whether the last attempt was answered; true before the first one.
    bool reached() const { return reached_; }

private:
    // By its ETag; one that came without is known by its content.
    struct Known {
        std::string etag;
        std::string content; // the hash of its text
    };
    struct Asked {
        bool answered = false;
        bool applied = false; // a new instruction
        std::optional<std::chrono::seconds> retry_after{};
    };

    // One whose reasons the Controller is to be told.
    struct Refusal {
        spool::RefusedInstruction refused;
        std::vector<model::Failure> failures;
    };

    asio::awaitable<Asked> ask();
    asio::awaitable<channel::Request> poll();
    bool knows(const Known &one) const;
    asio::awaitable<bool> consider(std::string text, Known offered);
    asio::awaitable<void> refuse(std::vector<Error> errors, Known offered);
    asio::awaitable<void> keep_refusal();
    asio::awaitable<void> pause(std::chrono::milliseconds time);

    Options options_;
    channel::Client &client_;
    spool::Spool &spool_;
    channel::Random random_;
    std::shared_ptr<Log> log_;
    std::function<void(Accepted)> accept_;
    std::function<void()> tell_refusal_;
    std::function<void()> contact_;
    Triggers triggers_;
    std::chrono::seconds wait_; // of a poll

    std::optional<Known> in_force_;
    std::optional<Known> refused_;  // since: not to be fetched or told of again
    std::optional<Refusal> unkept_; // the spool could not take it yet
    std::optional<Known> accepted_; // and not in force yet
    bool reached_ = true;           // for one log line a change
    bool repeats_ = false;          // for one log line
    asio::steady_timer timer_;
    bool stopped_ = false;
};

} // namespace sonde::agent
