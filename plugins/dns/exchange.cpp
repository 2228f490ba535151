#include "exchange.hpp"

#include <cstring>

namespace sonde::dns {
namespace {

constexpr int kStrayMessagesMax = 8; // that are told of

} // namespace

Exchange::Exchange(Connecting &shared, const Listener &listener, const Server &server, Attempt attempt)
    : shared_(shared), listener_(listener), server_(server), attempt_(std::move(attempt)),
      timer_(shared.base, -1, EV_TIMEOUT, [this] { time_over(); })
{
}

void Exchange::begin(Connection &connection, Reuse carried, bool made)
{
    connection_ = &connection;
    made_ = made;
    attempt_.connection = carried;
    timer_.add_after(shared_.settings.timeout.count());
    connection.ask(*this);
}

void Exchange::refuse(int error)
{
    error_ = error;
    timer_.add_after(0);
}

void Exchange::sending()
{
    sent_ = shared_.now();
    attempt_.sent = shared_.host.now(&shared_.host, SONDE_CLOCK_WALL);
}

void Exchange::take_answer(Octets message, std::optional<int> http_status)
{
    const std::int64_t now = shared_.now();
    Observation observation;
    observation.outcome = Outcome::answer;
    observation.received = shared_.host.now(&shared_.host, SONDE_CLOCK_WALL);
    observation.response_time = now - sent_;
    observation.from = server_.ip;
    observation.size = message.size();
    observation.http_status = http_status;
    observation.answer = parse_answer(message);
    if (observation.answer && !cookie_fits(attempt_.query, *observation.answer)) {
        take_stray(message.size(), "another cookie");
        return fail(Outcome::malformed, "it has another cookie", http_status);
    }
    if (!observation.answer) {
        observation.outcome = Outcome::malformed;
        observation.reason = "the records cannot be parsed";
    } else if (observation.answer->tc) {
        observation.outcome = Outcome::truncated;
    }
    settle(std::move(observation));
}

void Exchange::take_stray(std::size_t size, const char *reason)
{
    if (strays_++ >= kStrayMessagesMax)
        return fail(Outcome::malformed, "other messages alone, and many");
    Observation observation;
    observation.outcome = Outcome::mismatch;
    observation.received = shared_.host.now(&shared_.host, SONDE_CLOCK_WALL);
    observation.from = server_.ip;
    observation.size = size;
    observation.reason = reason;
    note_phases();
    listener_.observed(attempt_, observation);
}

void Exchange::fail(Outcome outcome, const std::string &reason, std::optional<int> http_status)
{
    Observation observation;
    observation.outcome = outcome;
    observation.reason = reason;
    observation.http_status = http_status;
    settle(std::move(observation));
}

void Exchange::time_over()
{
    if (error_ != 0)
        return fail(Outcome::unsent, std::strerror(error_));
    std::string reason = connection_->waiting_for();
    if (reason.empty() && connection_->begun_answer() > 0)
        reason = "only " + std::to_string(connection_->begun_answer()) + " bytes of the answer came";
    fail(Outcome::timeout, reason);
}

void Exchange::stop()
{
    if (!settled_)
        fail(error_ == 0 ? Outcome::cancelled : Outcome::unsent, "");
}

void Exchange::note_phases()
{
    if (connection_ == nullptr)
        return;
    const Connection::Phases &phases = connection_->phases();
    if (phases.local) {
        attempt_.source = phases.local->ip;
        attempt_.source_port = phases.local->port;
    }
    attempt_.socket = phases.socket;
    attempt_.tls_version = phases.tls_version;
    if (attempt_.connection == Reuse::reused)
        return;
    attempt_.connection.reset();
    if (phases.connect)
        attempt_.connection = phases.resumed ? Reuse::resumed : Reuse::cold;
    if (!made_)
        return; // once is enough in the figures
    attempt_.connect_time = phases.connect;
    attempt_.tls_time = phases.tls;
}

void Exchange::settle(Observation observation)
{
    if (settled_)
        return;
    settled_ = true;
    timer_.cancel();
    note_phases();
    if (connection_ != nullptr)
        connection_->forget(*this);
    listener_.observed(attempt_, observation);
    listener_.decided(attempt_, observation);
    listener_.over(attempt_);
}

} // namespace sonde::dns
