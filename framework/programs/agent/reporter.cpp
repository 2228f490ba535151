#include "reporter.hpp"

#include "clock_state.hpp"
#include "model/report_json.hpp"
#include "plugin_host/hash.hpp"
#include "plugin_host/status.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace sonde::agent {

namespace {

constexpr std::chrono::seconds kReportDeadline{60};
constexpr std::size_t kSlowestLine = 16 * 1024; // bytes a second that a report of any length gets through with
constexpr std::string_view kReportPath = "/restconf/operations/ietf-lmap-report:report";

} // namespace

Reporter::Reporter(asio::any_io_executor executor, spool::Spool &spool, Sender sender, channel::Random random,
                   std::shared_ptr<Log> log, std::function<void()> noted, channel::Pace pace)
    : executor_(std::move(executor)), spool_(spool), sender_(std::move(sender)), random_(std::move(random)),
      log_(std::move(log)), noted_(std::move(noted)), pace_(pace)
{
}

asio::awaitable<Reporter::Delivered> Reporter::deliver(Destination destination, std::shared_ptr<Stopper> stopper)
{
    const auto place = delivered_.insert(to_spool(destination));
    // A request of the other one may be under way, and what it acknowledges must not be sent again.
    for (auto left = left_.find(*place); left != left_.end() && !stopper->stopped(); left = left_.find(*place)) {
        left->second.stopper->stop("a schedule delivers it");
        const auto over = left->second.over;
        stopper->on_stop([over] { over->cancel(); });
        co_await over->async_wait(asio::as_tuple(asio::use_awaitable));
    }
    Delivered delivered = co_await send_all(destination, std::move(stopper), false);
    delivered_.erase(place);
    co_return delivered;
}

asio::awaitable<void> Reporter::deliver_left(Destination destination)
{
    const spool::Destination name = to_spool(destination);
    if (delivered_.contains(name) || left_.contains(name))
        co_return;
    const Left left{std::make_shared<Stopper>(), std::make_shared<asio::steady_timer>(executor_, MonotonicTime::max())};
    left_.emplace(name, left);
    [[maybe_unused]] const Delivered delivered = co_await send_all(destination, left.stopper, true);
    left_.erase(name);
    left.over->cancel();
}

void Reporter::close()
{
    for (const auto &[name, left] : left_)
        left.stopper->stop("the agent was stopped");
    clients_.clear();
}

asio::awaitable<Reporter::Delivered> Reporter::send_all(const Destination &destination,
                                                        std::shared_ptr<Stopper> stopper, bool all)
{
    Delivered delivered;
    channel::Retry retry(pace_);
    asio::steady_timer pause(executor_);
    stopper->on_stop([&pause] { pause.cancel(); });
    std::optional<std::size_t> max_bytes; // of one that is taken apart
    std::string misplaced;                // why the last attempt was, for one log line a change
    while (!stopper->stopped()) {
        const std::size_t bytes = max_bytes.value_or(configuration_.channel.report_bytes_max);
        Tried tried = co_await try_once(destination, bytes, all);
        if (tried.attempt == Attempt::empty)
            break;
        if (tried.attempt == Attempt::sent) {
            delivered.results += tried.entries;
            retry.reset();
            max_bytes.reset();
            misplaced.clear();
            continue;
        }
        delivered.message = tried.message;
        if (tried.attempt == Attempt::refused) {
            // A report of several is taken apart until the refused result stands alone and has been set aside; so is a
            // result of several outcomes.
            delivered.status = 1;
            max_bytes.reset();
            if (tried.entries > 1)
                max_bytes = std::max<std::size_t>(tried.bytes / 2, 1);
            continue;
        }
        const bool is_misplaced = tried.attempt == Attempt::misplaced;
        const bool as_before = is_misplaced && tried.message == misplaced;
        retry.soon_within(configuration_.channel.report_retry_max);
        const auto wait = retry.after(is_misplaced ? channel::Verdict::misplaced : channel::Verdict::transient, random_,
                                      tried.retry_after);
        log_->log(as_before      ? spdlog::level::debug
                  : is_misplaced ? spdlog::level::err
                                 : spdlog::level::warn,
                  "report failed collector={} schedule={} retry_in_ms={} error={}", to_string(destination.collector),
                  quoted(destination.schedule), wait.count(), quoted(tried.message));
        if (is_misplaced && !as_before) {
            misplaced = tried.message;
            co_await tell_misplaced(destination, misplaced);
        }
        if (stopper->stopped())
            break;
        pause.expires_after(wait);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    stopper->on_stop({});
    if (stopper->stopped()) {
        delivered.status = plugin_host::kStatusCancelled;
    } else if (delivered.status == 0) {
        delivered.message.clear();
    }
    co_return delivered;
}

// Nothing is lost, but nothing arrives either until somebody mends it, so the controller is told.
asio::awaitable<void> Reporter::tell_misplaced(const Destination &destination, std::string said)
{
    model::Failure failure{now().wall, "report", to_spool(destination),
                           "the collector takes no results from this agent; they are kept and tried again: " + said};
    auto noted = co_await spool_.note_failure(std::move(failure));
    if (!noted)
        log_->error("failure not kept error={}", quoted(to_string(noted.error())));
    noted_();
}

asio::awaitable<Reporter::Tried> Reporter::try_once(const Destination &destination, std::size_t max_bytes, bool all)
{
    const spool::Destination name = to_spool(destination);
    auto batch = co_await spool_.batch(name, max_bytes, all);
    if (!batch)
        co_return Tried{.message = to_string(batch.error())};
    if (batch->entries.empty())
        co_return Tried{.attempt = Attempt::empty};
    std::string body = report(batch->entries);
    const std::size_t bytes = body.size();
    std::vector<std::uint64_t> sequences;
    for (const spool::Entry &entry : batch->entries)
        sequences.push_back(entry.sequence);
    Tried tried;
    if (const auto *folder = std::get_if<Folder>(&destination.collector))
        tried = co_await file(destination, *folder, std::move(sequences), std::move(body));
    else
        tried = co_await post(destination, std::get<channel::Url>(destination.collector), std::move(sequences),
                              std::move(body));
    tried.bytes = bytes;
    co_return tried;
}

asio::awaitable<Reporter::Tried> Reporter::post(const Destination &destination, const channel::Url &collector,
                                                std::vector<std::uint64_t> sequences, std::string body)
{
    if (!sender_.identity)
        co_return Tried{.message = "this agent has no identity that a collector would know"};
    channel::Request request{.method = "POST", .path = std::string(kReportPath)};
    request.headers.set("Content-Type", std::string(channel::kYangJson));
    const std::chrono::seconds deadline = kReportDeadline + std::chrono::seconds(body.size() / kSlowestLine);
    request.body = std::move(body);
    // close() ends the request by dropping the client, so nothing here holds it.
    auto response = co_await client(collector).request(std::move(request), deadline);
    if (!response)
        co_return Tried{.message = to_string(response.error())};
    Tried settled = co_await settle(destination, std::move(sequences), *response);
    co_return settled;
}

// Named by the first result in it, so that a kill before the acknowledgement leads to the same name again, and by the
// destination, since a result may have several in one folder.
asio::awaitable<Reporter::Tried> Reporter::file(const Destination &destination, const Folder &folder,
                                                std::vector<std::uint64_t> sequences, std::string body)
{
    if (sender_.files == nullptr)
        co_return Tried{.message = "this agent writes no reports to files"};
    std::string name = to_string(spool_.epoch()) + "-" + std::to_string(sequences.front()) + "-" +
                       plugin_host::hash_text(to_spool(destination)).substr(0, 8) + ".json";
    auto written = co_await sender_.files->write(folder.name, std::move(name), std::move(body));
    if (!written)
        co_return Tried{.message = to_string(written.error())};
    Tried acknowledged = co_await acknowledge(destination, std::move(sequences));
    co_return acknowledged;
}

asio::awaitable<Reporter::Tried> Reporter::acknowledge(const Destination &destination,
                                                       std::vector<std::uint64_t> sequences)
{
    const std::size_t entries = sequences.size();
    auto acknowledged = co_await spool_.acknowledge(to_spool(destination), std::move(sequences));
    if (!acknowledged)
        co_return Tried{.message = to_string(acknowledged.error())};
    log_->info("report acknowledged collector={} schedule={} results={}", to_string(destination.collector),
               quoted(destination.schedule), entries);
    co_return Tried{.attempt = Attempt::sent, .entries = entries};
}

asio::awaitable<Reporter::Tried> Reporter::settle(const Destination &destination, std::vector<std::uint64_t> sequences,
                                                  const channel::Response &response)
{
    const std::size_t entries = sequences.size();
    const spool::Destination name = to_spool(destination);
    const std::string said = std::to_string(response.status) + " " + channel::reason_of(response);
    switch (channel::verdict(response.status)) {
    case channel::Verdict::accepted: {
        Tried acknowledged = co_await acknowledge(destination, std::move(sequences));
        co_return acknowledged;
    }
    case channel::Verdict::refused: {
        if (entries > 1)
            co_return Tried{.attempt = Attempt::refused, .message = said, .entries = entries};
        // Outcomes share an entry, and one of them must not take the others with it.
        auto apart = co_await spool_.take_apart(name, sequences.front());
        if (!apart)
            co_return Tried{.message = to_string(apart.error())};
        if (*apart)
            co_return Tried{.attempt = Attempt::refused, .message = said, .entries = 2};
        log_->error("report refused collector={} schedule={} sequence={} reason={}", to_string(destination.collector),
                    quoted(destination.schedule), sequences.front(), quoted(said));
        const WallTime when = now().wall;
        auto aside = co_await spool_.set_aside(name, std::move(sequences), said, when);
        if (!aside)
            co_return Tried{.message = to_string(aside.error())};
        noted_();
        co_return Tried{.attempt = Attempt::refused, .message = said, .entries = 1};
    }
    case channel::Verdict::misplaced:
        co_return Tried{.attempt = Attempt::misplaced, .message = said};
    case channel::Verdict::transient:
        break;
    }
    co_return Tried{.message = said, .retry_after = channel::retry_after(response, now().wall)};
}

std::string Reporter::report(const std::vector<spool::Entry> &entries) const
{
    model::Report header;
    header.date = now().wall;
    if (configuration_.report_agent_id)
        header.agent_id = sender_.id;
    if (configuration_.report_group_id)
        header.group_id = configuration_.group_id;
    if (configuration_.report_measurement_point)
        header.measurement_point = configuration_.measurement_point;
    header.clock = clock_state();
    std::vector<std::string> encoded;
    for (const spool::Entry &entry : entries)
        encoded.push_back(entry.json);
    return model::write_report(header, encoded);
}

channel::Client &Reporter::client(const channel::Url &collector)
{
    const std::string url = channel::to_string(collector);
    const auto found = clients_.find(url);
    if (found != clients_.end())
        return found->second;
    const channel::ClientOptions options{
        .server = collector, .identity = sender_.identity, .server_role = channel::Role::collector};
    return clients_.emplace(url, channel::Client(executor_, options)).first->second;
}

} // namespace sonde::agent
