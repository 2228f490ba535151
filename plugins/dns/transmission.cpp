#include "transmission.hpp"

#include "clock_offset.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sonde::dns {
namespace {

// A flood of forged answers to one query costs so many rows and no more.
constexpr int kStraysMax = 8;
// What a router quotes of us in an ICMP error, behind its own headers (RFC 1812 section 4.3.2.3).
constexpr std::uint64_t kQuoteMax = 576 - 28;

} // namespace

Transmission::Transmission(const sonde_host &host, event_base &base, const Settings &settings, const Listener &listener,
                           const Asked &asked, Query query, plugin::Fd fd)
    : host_(host), settings_(settings), listener_(listener), asked_(asked), query_(std::move(query)),
      fd_(std::move(fd)), readable_(base, fd_.get(), EV_READ | EV_PERSIST, [this] { readable(); }),
      timer_(base, -1, EV_TIMEOUT, [this] { time_over(); })
{
}

std::uint16_t Transmission::query_id() const
{
    return static_cast<std::uint16_t>(query_.wire[0] << 8 | query_.wire[1]);
}

std::optional<std::uint16_t> Transmission::source_port() const
{
    sockaddr_storage own = {};
    socklen_t length = sizeof own;
    if (!fd_ || getsockname(fd_.get(), reinterpret_cast<sockaddr *>(&own), &length) != 0)
        return std::nullopt;
    return plugin::endpoint_of(&own).port;
}

void Transmission::send(int error)
{
    const plugin::SocketAddress to = plugin::socket_address(server(), settings_.port);
    clock_offset_ = clock_offset(host_);
    send_error_ = error;
    if (error == 0 && sendto(fd_.get(), query_.wire.data(), query_.wire.size(), 0, to.get(), to.length) < 0)
        send_error_ = errno;
    if (send_error_ != 0) {
        timer_.add_after(0);
        return;
    }
    host_.count(&host_, query_.wire.size() + ip_headers(), 0);
    readable_.add();
    timer_.add_after(settings_.timeout);
}

void Transmission::readable()
{
    std::uint8_t buffer[65536];
    drain_errors();
    for (int i = 0; i < 16 && stage_ != Stage::over; ++i) {
        const auto datagram = read_datagram(fd_.get(), buffer);
        if (!datagram)
            return;
        host_.count(&host_, 0, datagram->size + ip_headers());
        take(*datagram, Octets(buffer, datagram->size));
    }
}

void Transmission::drain_errors()
{
    while (stage_ != Stage::over) {
        const auto event = read_error_queue(fd_.get());
        if (!event)
            return;
        if (const auto *stamp = std::get_if<SendStamp>(&*event))
            (stamp->at_driver ? sent_ : queued_) = stamp->ns;
        else if (const auto *error = std::get_if<IcmpError>(&*event))
            take_error(*error);
    }
}

void Transmission::take(const Datagram &datagram, Octets octets)
{
    if (!plugin::same_endpoint({server(), settings_.port}, datagram.from))
        return take_stray(datagram, "from another address or port");
    switch (check_answer(query_.wire, octets)) {
    case Match::mismatch:
        return take_stray(datagram, "another id or question, or no response");
    case Match::malformed:
        return take_stray(datagram, "no DNS message");
    case Match::answer:
        return take_answer(datagram, octets);
    }
}

void Transmission::take_answer(const Datagram &datagram, Octets octets)
{
    Observation observation = observe(datagram, Outcome::answer);
    observation.answer = parse_answer(octets);
    note_response_time(observation);
    if (!observation.answer) {
        observation.outcome = Outcome::malformed;
        observation.reason = datagram.cut ? "larger than a datagram can be" : "the records cannot be parsed";
    } else if (observation.answer->tc) {
        observation.outcome = Outcome::truncated;
    }
    // Its stamp says when it came, whenever this loop got to see it.
    if (stage_ == Stage::waiting && observation.response_time && *observation.response_time > settings_.timeout) {
        stage_ = Stage::timed_out;
        listener_.decided(*this);
    }
    switch (stage_) {
    case Stage::waiting:
        return settle(std::move(observation));
    case Stage::timed_out:
        observation.outcome = Outcome::late;
        return settle(std::move(observation));
    case Stage::settled:
        observation.outcome = Outcome::second_answer;
        if (strays_++ < kStraysMax)
            listener_.observed(*this, observation);
        return;
    case Stage::over:
        return;
    }
}

void Transmission::take_stray(const Datagram &datagram, const char *reason)
{
    if (strays_++ >= kStraysMax)
        return;
    Observation observation = observe(datagram, Outcome::mismatch);
    observation.reason = reason;
    listener_.observed(*this, observation);
}

void Transmission::take_error(const IcmpError &error)
{
    if (!error.local)
        host_.count(&host_, 0, ip_headers() + std::min(query_.wire.size() + ip_headers(), kQuoteMax));
    if (stage_ != Stage::waiting)
        return;
    Observation observation;
    observation.reason = std::strerror(error.error);
    if (error.local) {
        observation.outcome = Outcome::unsent;
    } else {
        observation.outcome = Outcome::icmp_error;
        observation.icmp = error;
        observation.from = error.from;
    }
    settle(std::move(observation));
}

void Transmission::time_over()
{
    if (send_error_ != 0) {
        if (stage_ == Stage::settled)
            return leave();
        Observation observation;
        observation.outcome = Outcome::unsent;
        observation.reason = std::strerror(send_error_);
        return settle(std::move(observation));
    }
    readable(); // what lies there came in time; the loop was just not at it
    if (stage_ == Stage::waiting) {
        stage_ = Stage::timed_out;
        timer_.add_after(settings_.linger);
        listener_.decided(*this);
    } else if (stage_ == Stage::timed_out) {
        listener_.observed(*this, Observation{});
        leave();
    } else if (stage_ == Stage::settled) {
        leave();
    }
}

// Tells what became of it. Only the wait for something more remains.
void Transmission::settle(Observation observation)
{
    const bool first = stage_ == Stage::waiting;
    answered_ = observation.outcome == Outcome::answer || observation.outcome == Outcome::truncated;
    const bool may_come_more = observation.outcome != Outcome::unsent;
    stage_ = Stage::settled;
    timer_.add_after(may_come_more ? settings_.linger : 0);
    listener_.observed(*this, observation);
    if (first)
        listener_.decided(*this);
}

void Transmission::stop()
{
    if (stage_ == Stage::over)
        return;
    if (send_error_ == 0)
        readable();
    Observation observation;
    if (stage_ == Stage::waiting) {
        observation.outcome = send_error_ == 0 ? Outcome::cancelled : Outcome::unsent;
        listener_.observed(*this, observation);
    } else if (stage_ == Stage::timed_out) {
        listener_.observed(*this, observation);
    }
    leave();
}

void Transmission::leave()
{
    stage_ = Stage::over;
    readable_.cancel();
    timer_.cancel();
    listener_.over(*this);
}

Observation Transmission::observe(const Datagram &datagram, Outcome outcome) const
{
    Observation observation;
    observation.outcome = outcome;
    observation.received = datagram.received;
    observation.from = datagram.from.ip;
    observation.size = datagram.size;
    return observation;
}

void Transmission::note_response_time(Observation &observation) const
{
    // Where the driver does not stamp, the stamp before the local queue is the next best; `sent` is null then.
    const auto begun = sent_ ? sent_ : queued_;
    if (!begun || !observation.received) {
        observation.reason = "the kernel did not stamp it";
    } else if (clock_stepped(clock_offset_, clock_offset(host_)) || *observation.received < *begun) {
        observation.reason = "the clock was set meanwhile";
    } else {
        observation.response_time = *observation.received - *begun;
    }
}

} // namespace sonde::dns
