#include "notices.hpp"

#include "model/capabilities_json.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sonde::agent {

namespace {

constexpr std::string_view kCapabilitiesPath = "/restconf/operations/sonde-lmap:capabilities";
constexpr std::string_view kFailurePath = "/restconf/operations/sonde-lmap:failure";
constexpr std::chrono::seconds kNoticeDeadline{30};
constexpr std::chrono::hours kNoNews{24 * 365};
constexpr std::size_t kFailuresAtOnce = 100;
constexpr std::string_view kRefusedFailure = "failure";

} // namespace

Notices::Notices(asio::any_io_executor executor, channel::Client &controller, spool::Spool &spool,
                 channel::Random random, std::shared_ptr<Log> log, channel::Pace pace)
    : client_(controller), spool_(spool), random_(std::move(random)), log_(std::move(log)),
      capabilities_mail_{std::string(kCapabilitiesPath), channel::Retry(pace), asio::steady_timer(executor)},
      failures_mail_{std::string(kFailurePath), channel::Retry(pace), asio::steady_timer(executor)},
      failures_at_once_(kFailuresAtOnce)
{
}

void Notices::stop()
{
    stopped_ = true;
    capabilities_mail_.timer.cancel();
    failures_mail_.timer.cancel();
}

void Notices::capabilities_changed(model::Capabilities capabilities)
{
    capabilities_ = std::move(capabilities);
    if (capabilities_mail_.idle)
        capabilities_mail_.timer.cancel();
}

void Notices::failures_wait()
{
    failures_wait_ = true;
    if (failures_mail_.idle)
        failures_mail_.timer.cancel();
}

asio::awaitable<void> Notices::wait_for_news(Mail &mail)
{
    mail.idle = true;
    mail.timer.expires_after(kNoNews);
    co_await mail.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    mail.idle = false;
}

asio::awaitable<void> Notices::wait_to_retry(Mail &mail, Answer answer)
{
    if (stopped_)
        co_return;
    mail.timer.expires_after(mail.retry.after(answer.verdict, random_, answer.retry_after));
    co_await mail.timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Notices::tell_capabilities()
{
    while (!stopped_) {
        if (!capabilities_) {
            co_await wait_for_news(capabilities_mail_);
            continue;
        }
        model::Capabilities capabilities = *std::exchange(capabilities_, {});
        std::string body = model::write_capabilities(capabilities);
        Answer answer = co_await post(capabilities_mail_, std::move(body));
        if (answer.verdict == channel::Verdict::refused) {
            model::Failure failure{now().wall, "capabilities", "", "the controller refuses them: " + answer.said};
            co_await note(std::move(failure));
        }
        if (answer.verdict == channel::Verdict::accepted || answer.verdict == channel::Verdict::refused)
            continue;
        // Newer ones may have come meanwhile.
        if (!capabilities_)
            capabilities_ = std::move(capabilities);
        co_await wait_to_retry(capabilities_mail_, std::move(answer));
    }
}

asio::awaitable<void> Notices::tell_failures()
{
    while (!stopped_) {
        if (!failures_wait_) {
            co_await wait_for_news(failures_mail_);
            continue;
        }
        Answer answer = co_await tell_some_failures();
        if (answer.verdict != channel::Verdict::accepted)
            co_await wait_to_retry(failures_mail_, std::move(answer));
    }
}

// Accepted: these are done with, one way or the other.
asio::awaitable<Notices::Answer> Notices::tell_some_failures()
{
    failures_wait_ = false;
    auto waiting = co_await spool_.failures(failures_at_once_);
    if (!waiting) {
        log_->error("failures not read error={}", quoted(to_string(waiting.error())));
        failures_wait_ = true;
        co_return Answer{};
    }
    if (waiting->empty())
        co_return Answer{channel::Verdict::accepted};
    failures_wait_ = true; // more than one message may hold
    std::vector<model::Failure> failures;
    std::vector<std::int64_t> ids;
    for (const spool::WaitingFailure &one : *waiting) {
        ids.push_back(one.id);
        failures.push_back(one.failure);
    }
    std::string body = model::write_failures(failures);
    Answer answer = co_await post(failures_mail_, std::move(body));
    if (answer.verdict == channel::Verdict::refused && ids.size() > 1) {
        // Taken apart until the refused one stands alone.
        failures_at_once_ = ids.size() / 2;
        co_return Answer{channel::Verdict::accepted};
    }
    if (answer.verdict != channel::Verdict::accepted && answer.verdict != channel::Verdict::refused)
        co_return answer;
    failures_at_once_ = kFailuresAtOnce;
    Result<void> done;
    if (answer.verdict == channel::Verdict::accepted)
        done = co_await spool_.failures_told(std::move(ids));
    else
        done = co_await set_aside(waiting->front(), answer.said);
    if (done)
        co_return Answer{channel::Verdict::accepted};
    log_->error("failures not marked error={}", quoted(to_string(done.error())));
    co_return Answer{};
}

asio::awaitable<Result<void>> Notices::set_aside(const spool::WaitingFailure &failure, std::string said)
{
    log_->error("failure set aside kind={} path={} message={} reason={}", quoted(failure.failure.kind),
                quoted(failure.failure.path), quoted(failure.failure.message), quoted(said));
    auto marked = co_await spool_.set_failure_aside(failure.id, said);
    // A refused word about a refusal would be told for ever.
    if (marked && failure.failure.kind != kRefusedFailure) {
        model::Failure word{now().wall, std::string(kRefusedFailure), failure.failure.path,
                            "a failure of kind '" + failure.failure.kind + "' was refused and set aside: " + said};
        co_await note(std::move(word));
    }
    co_return marked;
}

asio::awaitable<void> Notices::note(model::Failure failure)
{
    auto noted = co_await spool_.note_failure(std::move(failure));
    if (!noted)
        log_->error("failure not kept error={}", quoted(to_string(noted.error())));
    failures_wait();
}

asio::awaitable<Notices::Answer> Notices::post(Mail &mail, std::string body)
{
    if (stopped_)
        co_return Answer{};
    channel::Request request{.method = "POST", .path = mail.path};
    request.headers.set("Content-Type", std::string(channel::kYangJson));
    request.body = std::move(body);
    auto response = co_await client_.request(std::move(request), kNoticeDeadline);
    Answer answer;
    if (response) {
        answer.verdict = channel::verdict(response->status);
        answer.said = std::to_string(response->status) + " " + channel::reason_of(*response);
        answer.retry_after = channel::retry_after(*response, now().wall);
    } else {
        answer.said = to_string(response.error());
    }
    const std::string trouble = answer.verdict == channel::Verdict::misplaced ? answer.said : "";
    const bool changed = trouble != std::exchange(mail.trouble, trouble);
    switch (answer.verdict) {
    case channel::Verdict::accepted:
        mail.retry.reset();
        break;
    case channel::Verdict::refused:
        log_->error("controller refuses path={} reason={}", mail.path, quoted(answer.said));
        break;
    case channel::Verdict::misplaced:
        log_->log(changed ? spdlog::level::err : spdlog::level::debug,
                  "controller does not take path={} reason={} hint={}", mail.path, quoted(answer.said),
                  quoted("it is kept and tried again slowly; see to the agent's certificate and the controller"));
        break;
    case channel::Verdict::transient:
        log_->debug("controller not told path={} error={}", mail.path, quoted(answer.said));
        break;
    }
    co_return answer;
}

} // namespace sonde::agent
