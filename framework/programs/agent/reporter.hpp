#pragma once

#include "base/log.hpp"
#include "channel/backoff.hpp"
#include "channel/client.hpp"
#include "report_files.hpp"
#include "routes.hpp"
#include "spool/spool.hpp"
#include "stopper.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace sonde::agent {

namespace asio = boost::asio;

inline constexpr channel::Pace kReportPace{std::chrono::milliseconds{1'000}, model::Channel{}.report_retry_max};

// Who reports: the agent's id, its certificate where it has one, and where reports to files go.
struct Sender {
    Uuid id{};
    std::shared_ptr<const channel::Identity> identity;
    ReportFiles *files = nullptr;
};

// The report channel: sends what the spool holds for a destination to its collector, or writes it to a file. A result
// leaves the spool only after the collector has acknowledged it, or after the file is durable.
class Reporter {
public:
    // `noted` is called when the spool has new Failure Information: a result was refused for good, or a collector takes
    // none of them as things are.
    Reporter(asio::any_io_executor executor, spool::Spool &spool, Sender sender, channel::Random random,
             std::shared_ptr<Log> log, std::function<void()> noted, channel::Pace pace = kReportPace);

    // How the reports identify the agent, how big they are and how soon they come again, by the instruction in force.
    void heed(const model::AgentConfiguration &configuration) { configuration_ = configuration; }

    struct Delivered {
        std::int32_t status = 0;
        std::string message;
        std::uint64_t results = 0;
    };
    // Sends until nothing waits. While the collector is not reached or says "later", tries again with backoff, and
    // while it takes nothing from this agent (a certificate or a server is set up wrongly) slowly, until stopped. What
    // it refuses for good, because that very document is wrong, is set aside.
    asio::awaitable<Delivered> deliver(Destination destination, std::shared_ptr<Stopper> stopper);

    // The same for what no schedule may ever deliver, and with how reports ended, which else goes along with what else
    // is to be reported. Lest two send the same, it gives way to a deliver() to the same destination, and does nothing
    // where one of either is under way.
    asio::awaitable<void> deliver_left(Destination destination);

    // Ends requests that are under way, and what delivers without a schedule.
    void close();

private:
    enum class Attempt { sent, empty, refused, misplaced, failed };
    struct Tried {
        Attempt attempt = Attempt::failed;
        std::string message{};
        std::size_t entries = 0;
        std::size_t bytes = 0; // of the report
        std::optional<std::chrono::seconds> retry_after{};
    };
    struct Left {
        std::shared_ptr<Stopper> stopper;
        std::shared_ptr<asio::steady_timer> over; // is cancelled when it is
    };
    asio::awaitable<Delivered> send_all(const Destination &destination, std::shared_ptr<Stopper> stopper, bool all);
    asio::awaitable<Tried> try_once(const Destination &destination, std::size_t max_bytes, bool all);
    asio::awaitable<Tried> post(const Destination &destination, const channel::Url &collector,
                                std::vector<std::uint64_t> sequences, std::string body);
    asio::awaitable<Tried> file(const Destination &destination, const Folder &folder,
                                std::vector<std::uint64_t> sequences, std::string body);
    asio::awaitable<Tried> acknowledge(const Destination &destination, std::vector<std::uint64_t> sequences);
    asio::awaitable<Tried> settle(const Destination &destination, std::vector<std::uint64_t> sequences,
                                  const channel::Response &response);
    asio::awaitable<void> tell_misplaced(const Destination &destination, std::string said);
    std::string report(const std::vector<spool::Entry> &entries) const;
    channel::Client &client(const channel::Url &collector);

    asio::any_io_executor executor_;
    spool::Spool &spool_;
    Sender sender_;
    channel::Random random_;
    std::shared_ptr<Log> log_;
    std::function<void()> noted_;
    channel::Pace pace_;
    model::AgentConfiguration configuration_;
    std::map<std::string, channel::Client> clients_; // by URL
    std::multiset<spool::Destination> delivered_;    // to by deliver()
    std::map<spool::Destination, Left> left_;        // to by deliver_left()
};

} // namespace sonde::agent
