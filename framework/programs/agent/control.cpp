#include "control.hpp"

#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sonde::agent {

namespace {

constexpr std::string_view kInstructionPath = "/restconf/data/ietf-lmap-control:lmap";
constexpr std::string_view kCapabilitiesPath = "/restconf/operations/sonde-lmap:capabilities";
constexpr std::string_view kFailurePath = "/restconf/operations/sonde-lmap:failure";
constexpr std::chrono::seconds kPollWait{60};
constexpr std::chrono::seconds kDeadline{30};
constexpr std::chrono::milliseconds kBackoffBase{500};
constexpr std::chrono::milliseconds kBackoffCap{60'000};
// Between two polls that were answered at once with nothing new: by a controller that does not wait.
constexpr std::chrono::milliseconds kQuickestPoll{1'000};
constexpr std::size_t kFailuresAtOnce = 100;
constexpr std::chrono::hours kForever{24 * 365};

std::string without_quotes(std::string_view etag)
{
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        return std::string(etag.substr(1, etag.size() - 2));
    return std::string(etag);
}

} // namespace

Control::Control(asio::any_io_executor executor, channel::ClientOptions controller, spool::Spool &spool,
                 channel::Random random, std::shared_ptr<Log> log, std::function<void(Accepted)> accept)
    : executor_(executor), options_(std::move(controller)),
      client_(std::make_unique<channel::Client>(executor, options_)), spool_(spool), random_(std::move(random)),
      log_(std::move(log)), accept_(std::move(accept)), poll_timer_(executor), tell_timer_(executor)
{
}

void Control::stop()
{
    stopped_ = true;
    client_.reset(); // ends the long poll
    poll_timer_.cancel();
    tell_timer_.cancel();
}

asio::awaitable<void> Control::pause(asio::steady_timer &timer, std::chrono::milliseconds time)
{
    if (stopped_)
        co_return;
    timer.expires_after(time);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Control::follow(std::string etag)
{
    etag_ = std::move(etag);
    channel::Backoff backoff(kBackoffBase, kBackoffCap);
    while (!stopped_) {
        const auto began = std::chrono::steady_clock::now();
        const bool answered = co_await ask();
        if (answered) {
            backoff.reset();
            const auto took = std::chrono::steady_clock::now() - began;
            if (took < kQuickestPoll)
                co_await pause(poll_timer_,
                               std::chrono::duration_cast<std::chrono::milliseconds>(kQuickestPoll - took));
        } else {
            co_await pause(poll_timer_, backoff.next(random_));
        }
    }
}

// One poll. False: the controller was not reached or could not answer.
asio::awaitable<bool> Control::ask()
{
    channel::Request request{.path = std::string(kInstructionPath)};
    request.headers.set("Prefer", "wait=" + std::to_string(kPollWait.count()));
    std::string known;
    for (const std::string *etag : {&etag_, &refused_etag_})
        if (!etag->empty())
            known += (known.empty() ? "\"" : ", \"") + *etag + '"';
    if (!known.empty())
        request.headers.set("If-None-Match", known);
    if (!etag_.empty())
        request.headers.set("Sonde-Applied", '"' + etag_ + '"');
    auto response = co_await client_->request(std::move(request), kPollWait + kDeadline);
    if (stopped_)
        co_return false;
    if (!response || response->status >= 400) {
        const std::string why = response ? std::to_string(response->status) + " " + channel::reason_of(*response)
                                         : to_string(response.error());
        log_->log(std::exchange(reached_, false) ? spdlog::level::warn : spdlog::level::debug,
                  "controller not reached error={}", quoted(why));
        co_return false;
    }
    if (!std::exchange(reached_, true))
        log_->info("controller reached again");
    if (response->status != 200)
        co_return true;
    std::string etag = without_quotes(response->headers.get("ETag").value_or(""));
    const bool considered = co_await consider(std::move(response->body), std::move(etag));
    co_return considered;
}

asio::awaitable<bool> Control::consider(std::string text, std::string etag)
{
    auto reading = model::read_instruction(text);
    std::vector<Error> errors = std::move(reading.errors);
    std::shared_ptr<const Routes> routes;
    if (reading) {
        const auto &claimed = reading->agent.agent_id;
        if (claimed && *claimed != options_.identity->self.id)
            errors.push_back({"/ietf-lmap-control:lmap/agent/agent-id", to_string(*claimed) + " is not this agent",
                              "an agent's id is the one in its certificate: " + to_string(options_.identity->self.id)});
        auto made = Routes::of(*reading);
        if (made)
            routes = std::make_shared<Routes>(std::move(*made));
        else
            errors.push_back(made.error());
    }
    if (!errors.empty()) {
        co_await refuse(std::move(errors), etag);
        co_return true;
    }
    for (const Error &warning : reading.warnings)
        log_->warn("instruction warning={}", quoted(to_string(warning)));
    etag_ = etag;
    refused_etag_.clear();
    accept_({{std::move(text), std::move(etag), {}}, std::move(*reading.value), std::move(routes)});
    co_return true;
}

// Refused as a whole: the old one stays in force, and the controller is told why.
asio::awaitable<void> Control::refuse(std::vector<Error> errors, const std::string &etag)
{
    refused_etag_ = etag;
    for (const Error &error : errors) {
        log_->warn("instruction refused etag={} error={}", quoted(etag), quoted(to_string(error)));
        model::Failure failure{now().wall, "instruction", error.where, to_string(Error{"", error.what, error.hint})};
        auto noted = co_await spool_.note_failure(std::move(failure));
        if (!noted)
            log_->error("failure not kept error={}", quoted(to_string(noted.error())));
    }
    tell_failures();
}

void Control::tell_capabilities(model::Capabilities capabilities)
{
    capabilities_ = std::move(capabilities);
    tell_timer_.cancel();
}

void Control::tell_failures()
{
    failures_wait_ = true;
    tell_timer_.cancel();
}

asio::awaitable<void> Control::tell()
{
    channel::Backoff backoff(kBackoffBase, kBackoffCap);
    while (!stopped_) {
        const Told told = co_await tell_one();
        if (told == Told::failed) {
            co_await pause(tell_timer_, backoff.next(random_));
        } else {
            backoff.reset();
            // Woken when there is more; what came while it was telling is seen here.
            if (told == Told::nothing && !capabilities_ && !failures_wait_)
                co_await pause(tell_timer_, std::chrono::duration_cast<std::chrono::milliseconds>(kForever));
        }
    }
}

asio::awaitable<Control::Told> Control::tell_one()
{
    if (capabilities_) {
        const model::Capabilities capabilities = *std::exchange(capabilities_, {});
        std::string body = model::write_capabilities(capabilities);
        const bool taken = co_await post(kCapabilitiesPath, std::move(body));
        // Newer ones may have come meanwhile.
        if (!taken && !capabilities_)
            capabilities_ = capabilities;
        co_return taken ? Told::done : Told::failed;
    }
    if (!failures_wait_)
        co_return Told::nothing;
    failures_wait_ = false;
    auto waiting = co_await spool_.failures(kFailuresAtOnce);
    if (!waiting) {
        log_->error("failures not read error={}", quoted(to_string(waiting.error())));
        failures_wait_ = true;
        co_return Told::failed;
    }
    if (waiting->empty())
        co_return Told::nothing;
    std::vector<model::Failure> failures;
    std::vector<std::int64_t> ids;
    for (spool::WaitingFailure &one : *waiting) {
        ids.push_back(one.id);
        failures.push_back(std::move(one.failure));
    }
    failures_wait_ = true; // more than one message may hold
    std::string body = model::write_failures(failures);
    const bool taken = co_await post(kFailurePath, std::move(body));
    if (!taken)
        co_return Told::failed;
    auto told = co_await spool_.failures_told(std::move(ids));
    co_return told ? Told::done : Told::failed;
}

// True: the controller has taken it, or has refused it for good, which sending it again would not change.
asio::awaitable<bool> Control::post(std::string_view path, std::string body)
{
    if (stopped_)
        co_return false;
    channel::Request request{.method = "POST", .path = std::string(path)};
    request.headers.set("Content-Type", std::string(channel::kYangJson));
    request.body = std::move(body);
    auto response = co_await client_->request(std::move(request), kDeadline);
    if (!response) {
        log_->debug("controller not told path={} error={}", path, quoted(to_string(response.error())));
        co_return false;
    }
    switch (channel::verdict(response->status)) {
    case channel::Verdict::accepted:
        co_return true;
    case channel::Verdict::permanent:
        log_->error("controller refuses path={} status={} reason={}", path, response->status,
                    quoted(channel::reason_of(*response)));
        co_return true;
    case channel::Verdict::transient:
        break;
    }
    co_return false;
}

} // namespace sonde::agent
