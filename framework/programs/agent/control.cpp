#include "control.hpp"

#include "channel/accounts.hpp"
#include "model/instruction_json.hpp"
#include "plugin_host/hash.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace sonde::agent {

namespace {

constexpr std::string_view kInstructionPath = "/restconf/data/ietf-lmap-control:lmap";
constexpr std::chrono::seconds kDeadline{30};
constexpr std::chrono::milliseconds kBackoffBase{500};
constexpr std::chrono::milliseconds kBackoffCap{60'000};
constexpr std::chrono::milliseconds kCatchUpLook{50};
constexpr std::chrono::hours kForever{24 * 365};

// Who refuses: a newer version or another identity looks at the same instruction again.
std::string refuser(const Uuid &self)
{
    return "sonde-agent " SONDE_VERSION " " + to_string(self);
}

// How long the oldest one has waited; nothing waits: no time at all. A clock that was set back has nothing wait.
std::chrono::seconds waiting(const spool::Accounts &accounts, WallTime present)
{
    if (!accounts.waiting_since || *accounts.waiting_since > present)
        return std::chrono::seconds(0);
    return std::chrono::floor<std::chrono::seconds>(present - *accounts.waiting_since);
}

std::uint64_t triggered(const spool::Accounts &accounts, const Control::Triggers &triggers)
{
    std::uint64_t count = accounts.reported;
    for (const spool::OpenRuns &open : accounts.open)
        count += triggers.heard(open.schedule, open.action) ? open.count : 0;
    return count;
}

} // namespace

Control::Control(const asio::any_io_executor &executor, Options options, channel::Client &controller,
                 spool::Spool &spool, channel::Random random, std::shared_ptr<Log> log,
                 std::function<void(Accepted)> accept, std::function<void()> refused, std::function<void()> contact,
                 Triggers triggers)
    : options_(options), client_(controller), spool_(spool), random_(std::move(random)), log_(std::move(log)),
      accept_(std::move(accept)), tell_refusal_(std::move(refused)), contact_(std::move(contact)),
      triggers_(std::move(triggers)), wait_(model::Channel{}.longest_poll), timer_(executor)
{
}

void Control::heed(const model::AgentConfiguration &configuration)
{
    wait_ = configuration.channel.longest_poll;
    if (configuration.controller_timeout)
        wait_ = std::clamp(*configuration.controller_timeout / 2, std::chrono::seconds(1), wait_);
}

void Control::stop()
{
    stopped_ = true;
    timer_.cancel();
}

void Control::applied()
{
    if (!accepted_)
        return;
    in_force_ = std::exchange(accepted_, {});
    refused_.reset();
    timer_.cancel();
}

asio::awaitable<void> Control::pause(std::chrono::milliseconds time)
{
    if (stopped_)
        co_return;
    timer_.expires_after(time);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Control::follow(std::optional<spool::StoredInstruction> in_force,
                                      std::optional<spool::RefusedInstruction> refused)
{
    if (in_force)
        in_force_ = Known{in_force->etag, plugin_host::hash_text(in_force->text)};
    if (refused && refused->by == refuser(options_.self.id))
        refused_ = Known{refused->etag, refused->content};
    channel::Backoff backoff(kBackoffBase, kBackoffCap);
    bool tells = false;
    while (!stopped_) {
        if (unkept_)
            co_await keep_refusal();
        const auto began = std::chrono::steady_clock::now();
        const Asked asked = co_await ask();
        if (!asked.answered) {
            co_await pause(backoff.next(random_, asked.retry_after));
            continue;
        }
        backoff.reset();
        // What has come into force is told at once, but not again and again by a controller that always has news.
        tells = asked.applied && !tells;
        const auto took = std::chrono::steady_clock::now() - began;
        if (!tells && took < options_.quickest_poll)
            co_await pause(std::chrono::duration_cast<std::chrono::milliseconds>(options_.quickest_poll - took));
    }
}

asio::awaitable<channel::Request> Control::poll()
{
    channel::Request request{.path = std::string(kInstructionPath)};
    request.headers.set("Prefer", "wait=" + std::to_string(wait_.count()));
    std::string known;
    for (const auto *one : {&in_force_, &refused_})
        if (*one && !(*one)->etag.empty())
            known += (known.empty() ? "\"" : ", \"") + (*one)->etag + '"';
    if (!known.empty())
        request.headers.set("If-None-Match", known);
    if (in_force_ && !in_force_->etag.empty())
        request.headers.set("Sonde-Applied", '"' + in_force_->etag + '"');
    // A moment for what an awakened agent has yet to account for; one that cannot tells what it has.
    const auto until = std::chrono::steady_clock::now() + options_.catch_up;
    while (!stopped_ && !triggers_.caught_up() && std::chrono::steady_clock::now() < until)
        co_await pause(kCatchUpLook);
    const WallTime present = now().wall;
    const auto accounts = co_await spool_.accounts(present);
    if (accounts)
        request.headers.set("Sonde-Accounts",
                            channel::write_accounts({accounts->reported, accounts->acknowledged,
                                                     waiting(*accounts, present), triggered(*accounts, triggers_)}));
    co_return request;
}

asio::awaitable<Control::Asked> Control::ask()
{
    channel::Request request = co_await poll();
    if (stopped_)
        co_return Asked{};
    auto response = co_await client_.request(std::move(request), wait_ + kDeadline);
    if (stopped_)
        co_return Asked{};
    if (!response || response->status >= 400) {
        const std::string why = response ? std::to_string(response->status) + " " + channel::reason_of(*response)
                                         : to_string(response.error());
        log_->log(std::exchange(reached_, false) ? spdlog::level::warn : spdlog::level::debug,
                  "controller not reached error={}", quoted(why));
        co_return Asked{false, false, response ? channel::retry_after(*response, now().wall) : std::nullopt};
    }
    if (!std::exchange(reached_, true))
        log_->info("controller reached again");
    contact_();
    if (response->status != 200)
        co_return Asked{true};
    Known offered{channel::entity_tag(response->headers.get("ETag").value_or("")).value_or(""),
                  plugin_host::hash_text(response->body)};
    if (knows(offered)) {
        // Not an error: If-None-Match is a wish (RFC 9110 section 13.1.2), and a static file server has no long poll.
        if (!std::exchange(repeats_, true))
            log_->warn("controller sends what it was told is known etag={} hint={}", quoted(offered.etag),
                       quoted("it should send an ETag and heed If-None-Match"));
        co_return Asked{true};
    }
    const bool applied = co_await consider(std::move(response->body), std::move(offered));
    co_return Asked{true, applied};
}

// An instruction whose ETag is new is a new one even if its text is not: the ETag is what the Controller asks for in
// Sonde-Applied. Without an ETag every poll would bring the same one again, and to apply it each time would plan all
// schedules anew; so only another content makes another instruction then.
bool Control::knows(const Known &one) const
{
    const auto same = [&](const std::optional<Known> &known) {
        return known && (one.etag.empty() ? one.content == known->content : one.etag == known->etag);
    };
    return same(in_force_) || same(refused_);
}

asio::awaitable<bool> Control::consider(std::string text, Known offered)
{
    auto reading = model::read_instruction(text);
    auto accepted = accept(std::move(reading), {std::move(text), offered.etag, {}}, options_.self);
    if (!accepted) {
        co_await refuse(std::move(accepted.errors), std::move(offered));
        co_return false;
    }
    for (const Error &warning : accepted.warnings)
        log_->warn("instruction warning={}", quoted(to_string(warning)));
    accepted_ = std::move(offered);
    accept_(std::move(*accepted.value));
    // The next poll says what is in force, so it waits until that is durable.
    while (accepted_ && !stopped_)
        co_await pause(std::chrono::duration_cast<std::chrono::milliseconds>(kForever));
    co_return !accepted_;
}

// Refused as a whole: the old one stays in force, and the controller is told why, once.
asio::awaitable<void> Control::refuse(std::vector<Error> errors, Known offered)
{
    std::vector<model::Failure> failures;
    for (const Error &error : errors) {
        log_->warn("instruction refused etag={} error={}", quoted(offered.etag), quoted(to_string(error)));
        failures.push_back({now().wall, "instruction", error.where, to_string(Error{"", error.what, error.hint})});
    }
    refused_ = offered;
    spool::RefusedInstruction refused{std::move(offered.etag), std::move(offered.content), refuser(options_.self.id)};
    unkept_ = Refusal{std::move(refused), std::move(failures)};
    co_await keep_refusal();
}

// A full disk is no reason to keep it from the controller: tried again with each poll until it is written, and after a
// restart the controller offers the instruction again.
asio::awaitable<void> Control::keep_refusal()
{
    auto kept = co_await spool_.refuse(unkept_->refused, unkept_->failures);
    if (!kept) {
        log_->error("refusal not kept error={} hint={}", quoted(to_string(kept.error())),
                    quoted("it is tried again, and the controller is told when it is kept"));
        co_return;
    }
    unkept_.reset();
    tell_refusal_();
}

} // namespace sonde::agent
