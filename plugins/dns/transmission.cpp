#include "transmission.hpp"

#include "clock_offset.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sonde::dns {
namespace {

// A flood of forged answers to one query costs so many rows and no more.
constexpr int kStraysMax = 8;
// How much of what lies there is read before a try is over, 16 datagrams each.
constexpr int kReadsAtEnd = 256;

} // namespace

Transmission::Transmission(const Context &context, Attempt attempt, plugin::Fd fd)
    : context_(context), attempt_(std::move(attempt)), fd_(std::move(fd)),
      readable_(context.base, fd_.get(), EV_READ | EV_PERSIST, [this] { readable(); }),
      timer_(context.base, -1, EV_TIMEOUT, [this] { time_over(); }), drops_seen_(context.drops.first())
{
    attempt_.source = context.route.source;
    if (!fd_)
        return;
    attempt_.socket = traits_of(fd_.get());
    attempt_.source_port = plugin::local_endpoint(fd_.get()).port;
}

plugin::Endpoint Transmission::asked_endpoint() const
{
    return {context_.server.ip, context_.settings.port_of(Transport::udp)};
}

std::uint64_t Transmission::line_bytes(std::size_t payload) const
{
    return datagram_bytes(context_.server.ip.family, payload, context_.route.mtu);
}

void Transmission::send(int error)
{
    const auto &wire = attempt_.query.wire;
    const plugin::SocketAddress to = plugin::socket_address(asked_endpoint().ip, asked_endpoint().port);
    clock_offset_ = clock_offset(context_.host);
    send_error_ = error;
    if (error == 0 && sendto(fd_.get(), wire.data(), wire.size(), 0, to.get(), to.length) < 0)
        send_error_ = errno;
    if (send_error_ != 0) {
        timer_.add_after(0);
        return;
    }
    if (!context_.driver_stamps)
        count_query(); // else when it leaves
    readable_.add();
    timer_.add_after(context_.settings.timeout.count());
}

// False: there is nothing more.
bool Transmission::readable()
{
    std::uint8_t buffer[65536];
    drain_errors();
    for (int i = 0; i < 16 && stage_ != Stage::over; ++i) {
        const auto datagram = read_datagram(fd_.get(), buffer);
        if (!datagram)
            return false;
        context_.host.count(&context_.host, 0, line_bytes(datagram->size));
        take(*datagram, Octets(buffer, datagram->size));
    }
    return stage_ != Stage::over;
}

void Transmission::read_all()
{
    for (int i = 0; i < kReadsAtEnd && readable(); ++i) {
    }
}

void Transmission::drain_errors()
{
    while (stage_ != Stage::over) {
        const auto event = read_error_queue(fd_.get());
        if (!event)
            return;
        if (const auto *stamp = std::get_if<SendStamp>(&*event)) {
            note_stamp(*stamp);
        } else if (const auto *error = std::get_if<IcmpError>(&*event)) {
            take_error(*error);
        }
    }
}

void Transmission::note_stamp(const SendStamp &stamp)
{
    (stamp.at_driver ? attempt_.sent : attempt_.queued) = stamp.ns;
    if (!stamp.at_driver)
        return;
    context_.driver_stamps = true;
    count_query();
    if (attempt_.queued)
        attempt_.local_queue = between_stamps(context_.host, clock_offset_, *attempt_.queued, stamp.ns);
}

void Transmission::take(const Datagram &datagram, Octets octets)
{
    if (!plugin::same_endpoint(asked_endpoint(), datagram.from))
        return take_stray(datagram, "from another address or port");
    switch (check_answer(attempt_.query.wire, octets, context_.settings.mixed_case)) {
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
    count_query();
    Observation observation = observe(datagram, Outcome::answer);
    observation.answer = parse_answer(octets);
    if (observation.answer && !cookie_fits(attempt_.query, *observation.answer))
        return take_stray(datagram, "another cookie");
    note_response_time(observation);
    if (!observation.answer) {
        observation.outcome = Outcome::malformed;
        observation.reason = datagram.cut ? "larger than a datagram can be" : "the records cannot be parsed";
    } else if (observation.answer->tc) {
        observation.outcome = Outcome::truncated;
    }
    // Its stamp says when it came, whenever this loop got to see it.
    if (stage_ == Stage::waiting && observation.response_time &&
        *observation.response_time > context_.settings.timeout.count()) {
        stage_ = Stage::timed_out;
        context_.listener.decided(attempt_, Observation{});
    }
    switch (stage_) {
    case Stage::waiting:
        return settle(std::move(observation));
    case Stage::timed_out:
        if (!observation.response_time || *observation.response_time > context_.settings.timeout.count())
            observation.outcome = Outcome::late;
        return settle(std::move(observation));
    case Stage::settled:
        return take_second(std::move(observation));
    case Stage::over:
        return;
    }
}

void Transmission::take_second(Observation observation)
{
    if (strays_++ >= kStraysMax)
        return;
    const bool differs = content_ && observation.answer && observation.answer->content != *content_;
    observation.outcome = differs ? Outcome::differing_answer : Outcome::second_answer;
    if (!content_)
        observation.reason = "behind what was no answer";
    context_.listener.observed(attempt_, observation);
}

void Transmission::take_stray(const Datagram &datagram, const char *reason)
{
    if (strays_++ >= kStraysMax)
        return;
    Observation observation = observe(datagram, Outcome::mismatch);
    observation.reason = reason;
    context_.listener.observed(attempt_, observation);
}

void Transmission::take_error(const IcmpError &error)
{
    if (!error.local) {
        count_query();
        context_.host.count(&context_.host, 0,
                            error_bytes(context_.server.ip.family, line_bytes(attempt_.query.wire.size())));
    }
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

// What a transmission without an answer is when its time is over.
Observation Transmission::unanswered()
{
    Observation observation;
    if (context_.drops.since(fd_.get(), drops_seen_)) {
        count_query(); // its stamp may be among what found no room
        observation.outcome = Outcome::dropped_here;
        observation.reason = "packets found no room in the socket's buffer";
    } else if (attempt_.queued && !attempt_.sent && context_.driver_stamps) {
        observation.outcome = Outcome::unsent;
        observation.reason = "it did not leave the local queue";
    }
    return observation;
}

void Transmission::count_query()
{
    if (!std::exchange(counted_, true))
        context_.host.count(&context_.host, line_bytes(attempt_.query.wire.size()), 0);
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
    read_all(); // what lies there came in time; the loop was just not at it
    if (stage_ == Stage::waiting) {
        stage_ = Stage::timed_out;
        timer_.add_after(context_.settings.linger.count());
        context_.listener.decided(attempt_, Observation{});
    } else if (stage_ == Stage::timed_out) {
        context_.listener.observed(attempt_, unanswered());
        leave();
    } else if (stage_ == Stage::settled) {
        leave();
    }
}

// Tells what became of it. Only the wait for something more remains.
void Transmission::settle(Observation observation)
{
    const bool first = stage_ == Stage::waiting;
    const bool may_come_more = observation.outcome != Outcome::unsent;
    if (observation.answer)
        content_ = observation.answer->content;
    stage_ = Stage::settled;
    timer_.add_after(may_come_more ? context_.settings.linger.count() : 0);
    context_.listener.observed(attempt_, observation);
    if (first)
        context_.listener.decided(attempt_, observation);
}

void Transmission::stop()
{
    if (stage_ == Stage::over)
        return;
    if (send_error_ == 0)
        read_all();
    if (stage_ == Stage::waiting) {
        Observation observation;
        observation.outcome = send_error_ == 0 ? Outcome::cancelled : Outcome::unsent;
        context_.listener.observed(attempt_, observation);
    } else if (stage_ == Stage::timed_out) {
        context_.listener.observed(attempt_, unanswered());
    }
    leave();
}

void Transmission::leave()
{
    stage_ = Stage::over;
    readable_.cancel();
    timer_.cancel();
    context_.listener.over(attempt_);
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
    const auto begun = attempt_.sent ? attempt_.sent : attempt_.queued;
    if (!begun || !observation.received) {
        observation.reason = "the kernel did not stamp it";
        return;
    }
    observation.response_time = between_stamps(context_.host, clock_offset_, *begun, *observation.received);
    if (!observation.response_time)
        observation.reason = "the clock was set meanwhile";
}

} // namespace sonde::dns
