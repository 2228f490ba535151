#pragma once

#include "base/log.hpp"
#include "channel/backoff.hpp"
#include "channel/client.hpp"
#include "routes.hpp"
#include "spool/spool.hpp"
#include "stopper.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <map>
#include <memory>

namespace sonde::agent {

namespace asio = boost::asio;

// The report channel: sends what the spool holds for a destination to its collector. A result leaves the spool only
// after the collector has acknowledged it.
class Reporter {
public:
    // `set_aside` is called when a result was refused for good: the spool has Failure Information then.
    Reporter(asio::any_io_executor executor, spool::Spool &spool, std::shared_ptr<const channel::Identity> identity,
             channel::Random random, std::shared_ptr<Log> log, std::function<void()> set_aside);

    // How the reports identify the agent, from the instruction in force.
    void identify(const model::AgentConfiguration &configuration) { configuration_ = configuration; }

    struct Delivered {
        std::int32_t status = 0;
        std::string message;
        std::uint64_t results = 0;
    };
    // Sends until nothing waits. While the collector is not reached or says "later", tries again with backoff, until
    // stopped. What it refuses for good is set aside.
    asio::awaitable<Delivered> deliver(Destination destination, std::shared_ptr<Stopper> stopper);

    // Ends requests that are under way.
    void close() { clients_.clear(); }

private:
    enum class Attempt { sent, empty, refused, failed };
    struct Tried {
        Attempt attempt = Attempt::failed;
        std::string message{};
        std::size_t entries = 0;
        std::size_t bytes = 0; // of the report
        std::optional<std::chrono::seconds> retry_after{};
    };
    asio::awaitable<Tried> try_once(const Destination &destination, std::size_t max_bytes);
    asio::awaitable<Tried> settle(const Destination &destination, std::vector<std::uint64_t> sequences,
                                  const channel::Response &response);
    std::string report(const std::vector<spool::Entry> &entries) const;
    channel::Client &client(const channel::Url &collector);

    asio::any_io_executor executor_;
    spool::Spool &spool_;
    std::shared_ptr<const channel::Identity> identity_;
    channel::Random random_;
    std::shared_ptr<Log> log_;
    std::function<void()> set_aside_;
    model::AgentConfiguration configuration_;
    std::map<std::string, channel::Client> clients_; // by URL
};

} // namespace sonde::agent
