#include "volley.hpp"

#include "clock_offset.hpp"
#include "volley_buffers.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>

namespace sonde::dns {
namespace {

constexpr std::size_t kLanesMost = 4;    // a server
constexpr std::size_t kServersMost = 64; // each has sockets of its own
constexpr std::size_t kBatchLeast = 32;
constexpr int kReadsMost = 64; // before what has timed out is judged
constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kLoopWait = 100 * kMilli;
constexpr std::int64_t kStampsBegin = 20'000'000; // see Session

// The `i`-th part of a whole that is divided as evenly as it goes.
std::size_t share_of(std::size_t whole, std::size_t parts, std::size_t i)
{
    return whole / parts + (i < whole % parts ? 1 : 0);
}

bool is_no_room(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

} // namespace

Volley::Volley(const sonde_host &host, const Settings &settings, const std::vector<Server> &servers)
    : host_(host), settings_(settings), servers_(servers),
      drawer_([&host](void *bytes, std::size_t size) { host.random(&host, bytes, static_cast<std::uint32_t>(size)); }),
      drawn_([this](void *bytes, std::size_t size) { drawer_.draw(bytes, size); }), asked_(servers.size()),
      total_(std::uint64_t{settings.count} * settings.names.size()), buffers_(std::make_unique<VolleyBuffers>()),
      errors_(std::make_unique<VolleyBuffers>())
{
    if (servers.size() > kServersMost)
        throw plugin::Failure{kBadOption, "with outstanding, at most 64 servers"};
    if (servers.size() > settings.outstanding)
        throw plugin::Failure{kBadOption, "fewer queries outstanding than servers to ask"};
    account_.nsid.resize(servers.size());
    account_.id_server.resize(servers.size());
    for (std::size_t server = 0; server < servers.size(); ++server) {
        routes_.push_back(route_to(host, servers[server].ip));
        addresses_.push_back(plugin::socket_address(servers[server].ip, settings.port_of(Transport::udp)));
        tallies_.push_back(&account_.tallies[{server, Transport::udp, Reuse::cold}]);
    }
    for (const std::string &name : settings.names) {
        auto query = make_query(settings, {name, settings.type, settings.query_class});
        if (!query || query->wire.size() > Slots::kWireMax)
            throw plugin::Failure{kBadOption, "'" + name + "' is not a domain name"};
        queries_.push_back(std::move(*query));
    }
}

Volley::~Volley() = default;

void Volley::open_lanes()
{
    for (std::size_t server = 0; server < servers_.size(); ++server) {
        const std::size_t share = share_of(settings_.outstanding, servers_.size(), server);
        const std::size_t count = std::min(share, kLanesMost);
        const std::uint32_t family = servers_[server].ip.family;
        std::int32_t fds[kLanesMost];
        if (const int error = host_.socket(&host_, SONDE_SOCKET_UDP, family, static_cast<std::uint32_t>(count), fds))
            throw plugin::Failure{kNotSent, std::string("no socket: ") + std::strerror(error)};
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t keep = (settings_.timeout + settings_.linger).count();
            auto lane = std::make_unique<Lane>(share_of(share, count, i), keep);
            lane->fd.reset(fds[i]);
            lane->server = server;
            if (!enable_stamps(fds[i], family, SendStamps::of_many))
                throw plugin::Failure{kNotSent, "the kernel does not stamp"};
            // The kernel finds the way once, and lets through what comes from there alone.
            const plugin::SocketAddress &to = addresses_[server];
            lane->connected = connect(fds[i], to.get(), to.length) == 0;
            plugin::SocketAddress own;
            own.length = sizeof own.storage;
            if (getsockname(fds[i], own.get(), &own.length) == 0)
                lane->port = plugin::endpoint_of(own.get()).port;
            lanes_.push_back(std::move(lane));
        }
    }
    load_.sockets = lanes_.size();
}

void Volley::run()
{
    open_lanes();
    host_.sleep_until(&host_, host_.now(&host_, SONDE_CLOCK_MONOTONIC) + kStampsBegin);
    clock_offset_ = clock_offset(host_);
    const std::int64_t begun = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    std::int64_t last_decision = begun;
    std::vector<pollfd> watched = {{host_.cancel_fd, POLLIN, 0}};
    for (const auto &lane : lanes_)
        watched.push_back({lane->fd.get(), POLLIN, 0});
    while (true) {
        now_ = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            watched[i + 1].events = static_cast<short>(POLLIN | (lanes_[i]->blocked ? POLLOUT : 0));
        poll(watched.data(), watched.size(), static_cast<int>(patience() / kMilli));
        if (watched.front().revents != 0) {
            cancelled_ = true;
            break;
        }
        const bool was_done = is_done();
        now_ = host_.now(&host_, SONDE_CLOCK_MONOTONIC); // it may have been long in poll
        for (std::size_t i = 0; i < lanes_.size(); ++i)
            step(*lanes_[i], watched[i + 1].revents);
        now_ = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
        if (!was_done)
            last_decision = now_;
        if (is_done() && now_ - last_decision >= settings_.linger.count())
            break;
    }
    load_.duration = (is_done() ? last_decision : host_.now(&host_, SONDE_CLOCK_MONOTONIC)) - begun;
    for (const auto &lane : lanes_)
        while (Slots::Slot *slot = lane->slots.oldest()) {
            const bool never_left = std::erase(lane->ready, slot) > 0;
            tally_of(*lane).add(never_left ? Outcome::unsent : Outcome::cancelled, std::nullopt);
            lane->slots.settle(*slot, Slots::State::over);
        }
}

bool Volley::is_done() const
{
    return std::all_of(asked_.begin(), asked_.end(), [this](std::uint64_t asked) { return asked == total_; }) &&
           std::all_of(lanes_.begin(), lanes_.end(), [](const auto &lane) { return lane->slots.waiting() == 0; });
}

void Volley::step(Lane &lane, int events)
{
    lane.blocked = lane.blocked && events == 0 && now_ - lane.blocked_at < kMilli;
    if ((events & POLLERR) != 0)
        take_stamps(lane);
    if ((events & (POLLIN | POLLERR)) != 0)
        take_answers(lane);
    if (may_send(lane)) {
        fill(lane);
        send(lane);
        take_stamps(lane);
    }
    end_waits(lane);
}

// A batch of a good size costs little more than a single query.
bool Volley::may_send(const Lane &lane) const
{
    if (lane.blocked || !lane.ready.empty())
        return !lane.blocked;
    return asked_[lane.server] < total_ && lane.slots.room() >= std::min(kBatchLeast, (lane.slots.most() + 1) / 2);
}

void Volley::fill(Lane &lane)
{
    std::uint64_t &asked = asked_[lane.server];
    while (lane.ready.size() < VolleyBuffers::kSend && !lane.slots.full() && asked < total_) {
        Slots::Slot &slot = lane.slots.take(drawer_, now_);
        const Query &query = queries_[asked++ % queries_.size()];
        slot.epoch = epoch_;
        slot.size = static_cast<std::uint16_t>(query.wire.size());
        std::memcpy(slot.wire.data(), query.wire.data(), query.wire.size());
        freshen_name({slot.wire.data(), slot.size}, query.has_label, settings_.mixed_case, drawn_);
        slot.wire[0] = static_cast<std::uint8_t>(slot.id >> 8);
        slot.wire[1] = static_cast<std::uint8_t>(slot.id & 0xff);
        lane.ready.push_back(&slot);
    }
}

void Volley::send(Lane &lane)
{
    for (std::size_t i = 0; i < lane.ready.size(); ++i) {
        Slots::Slot &slot = *lane.ready[i];
        buffers_->prepare(i, {slot.wire.data(), slot.size}, lane.connected ? nullptr : &addresses_[lane.server]);
    }
    const int sent = sendmmsg(lane.fd.get(), buffers_->sending, static_cast<unsigned>(lane.ready.size()), 0);
    if (sent <= 0)
        return refuse(lane, errno);
    lane.refusals = 0;
    std::uint64_t bytes = 0;
    for (int i = 0; i < sent; ++i) {
        const Slots::Slot &slot = *lane.ready[static_cast<std::size_t>(i)];
        bytes += datagram_bytes(ip_of(lane).family, slot.size, routes_[lane.server].mtu);
    }
    host_.count(&host_, bytes, 0);
    load_.sent += static_cast<std::uint64_t>(sent);
    lane.ready.erase(lane.ready.begin(), lane.ready.begin() + sent);
}

// The error is the first one's own, or that of an ICMP message for an earlier one, which the error queue tells better:
// what is refused twice is refused.
void Volley::refuse(Lane &lane, int error)
{
    if (is_no_room(error)) {
        lane.blocked = true;
        lane.blocked_at = now_;
        return;
    }
    if (++lane.refusals < 2)
        return;
    lane.refusals = 0;
    Slots::Slot &slot = *lane.ready.front();
    lane.ready.erase(lane.ready.begin());
    lane.slots.settle(slot, Slots::State::over);
    tally_of(lane).add(Outcome::unsent, std::nullopt);
}

void Volley::take_stamps(Lane &lane)
{
    while (true) {
        const int count = errors_->read_errors(lane.fd.get());
        for (int i = 0; i < count; ++i) {
            const auto [event, payload] = errors_->error(static_cast<std::size_t>(i));
            if (const auto *stamp = std::get_if<SendStamp>(&event)) {
                const auto id = looped_id(payload, lane.port);
                Slots::Slot *slot = id ? lane.slots.find(*id) : nullptr;
                if (slot != nullptr)
                    (stamp->at_driver ? slot->sent : slot->queued) = stamp->ns;
                if (stamp->at_driver && !lane.driver_stamps)
                    lane.driver_stamps =
                        enable_stamps(lane.fd.get(), ip_of(lane).family, SendStamps::of_many_at_driver);
            } else if (const auto *error = std::get_if<IcmpError>(&event)) {
                take_error(lane, *error, payload);
            }
        }
        if (count < static_cast<int>(VolleyBuffers::kReceive))
            return;
    }
}

// `message`: as much of the query as was quoted.
void Volley::take_error(Lane &lane, const IcmpError &error, Octets message)
{
    if (message.size() < 2)
        return;
    Slots::Slot *slot = lane.slots.find(static_cast<std::uint16_t>(message[0] << 8 | message[1]));
    if (slot == nullptr)
        return;
    if (!error.local)
        host_.count(&host_, 0,
                    error_bytes(ip_of(lane).family, datagram_bytes(ip_of(lane).family, slot->size, std::nullopt)));
    if (slot->state != Slots::State::waiting)
        return;
    lane.slots.settle(*slot, Slots::State::over);
    tally_of(lane).add(error.local ? Outcome::unsent : Outcome::icmp_error, std::nullopt);
}

// False: there was nothing.
bool Volley::take_answers(Lane &lane)
{
    int count = buffers_->read_answers(lane.fd.get());
    if (count < 0 && !is_no_room(errno))
        count = buffers_->read_answers(lane.fd.get()); // an ICMP error is told here once as well
    if (count <= 0)
        return false;
    watch_clock();
    note_drops(lane);
    std::uint64_t bytes = 0;
    for (int i = 0; i < count; ++i) {
        const auto [datagram, octets] = buffers_->answer(static_cast<std::size_t>(i));
        bytes += datagram_bytes(ip_of(lane).family, datagram.size, routes_[lane.server].mtu);
        take(lane, datagram, octets);
    }
    host_.count(&host_, 0, bytes);
    return true;
}

void Volley::take(Lane &lane, const Datagram &datagram, Octets octets)
{
    Slots::Slot *slot =
        octets.size() < 2 ? nullptr : lane.slots.find(static_cast<std::uint16_t>(octets[0] << 8 | octets[1]));
    const plugin::Endpoint asked = {ip_of(lane), settings_.port_of(Transport::udp)};
    if (slot == nullptr || !plugin::same_endpoint(asked, datagram.from) ||
        check_answer(slot->query(), octets, settings_.mixed_case) != Match::answer) {
        tally_of(lane).add(Outcome::mismatch, std::nullopt);
        return;
    }
    if (slot->sent == 0 && slot->state == Slots::State::waiting)
        take_stamps(lane); // they came before this answer, and after the last look
    Tally &tally = tally_of(lane);
    const auto time = response_time(*slot, datagram);
    if (slot->state == Slots::State::over)
        return tally.add(Outcome::second_answer, std::nullopt);
    // Its stamps say when it came, whenever this loop got to see it; without any it is late if it was waited for in
    // vain.
    const bool waited = slot->state == Slots::State::timed_out;
    const bool late = time ? *time > settings_.timeout.count() : waited;
    const bool truncated = (octets[2] & 0x02) != 0;
    if (waited)
        tally.withdraw(Outcome::timeout);
    tally.add(late ? Outcome::late : truncated ? Outcome::truncated : Outcome::answer, time);
    lane.slots.settle(*slot, Slots::State::over);
}

std::optional<std::int64_t> Volley::response_time(const Slots::Slot &slot, const Datagram &datagram) const
{
    const std::int64_t begun = slot.sent != 0 ? slot.sent : slot.queued;
    if (begun == 0 || !datagram.received || slot.epoch != epoch_ || *datagram.received < begun)
        return std::nullopt;
    return *datagram.received - begun;
}

// Stamps from before and after somebody set the clock make no difference that means anything.
void Volley::watch_clock()
{
    const std::int64_t offset = host_.now(&host_, SONDE_CLOCK_WALL) - host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    if (!clock_stepped(clock_offset_, offset))
        return;
    const std::int64_t exact = clock_offset(host_); // perhaps we only lost the processor between two readings
    if (clock_stepped(clock_offset_, exact))
        ++epoch_;
    clock_offset_ = exact;
}

void Volley::end_waits(Lane &lane)
{
    const auto expired = [&]() -> Slots::Slot * {
        Slots::Slot *slot = lane.slots.oldest();
        return slot != nullptr && now_ - slot->begun > settings_.timeout.count() ? slot : nullptr;
    };
    if (expired() == nullptr)
        return;
    // What lies there came in time; this loop was just not at it.
    for (int i = 0; i < kReadsMost && take_answers(lane); ++i) {
    }
    note_drops(lane);
    while (Slots::Slot *slot = expired()) {
        const bool never_left = std::erase(lane.ready, slot) > 0;
        const bool here = lane.dropped_at >= slot->begun;
        tally_of(lane).add(never_left ? Outcome::unsent
                           : here     ? Outcome::dropped_here
                                      : Outcome::timeout,
                           std::nullopt);
        lane.slots.settle(*slot, never_left || here ? Slots::State::over : Slots::State::timed_out);
    }
}

void Volley::note_drops(Lane &lane)
{
    if (!drops_.any(lane.fd.get(), lane.dropped))
        return;
    lane.dropped = packets_dropped(lane.fd.get());
    lane.dropped_at = now_;
}

// How long nothing needs to be done unless something comes in. ns
std::int64_t Volley::patience() const
{
    std::int64_t until = is_done() ? kMilli : kLoopWait;
    for (const auto &lane : lanes_) {
        if (may_send(*lane))
            return lane->refusals > 0 ? kMilli : 0;
        if (const Slots::Slot *slot = lane->slots.oldest())
            until = std::min(until, slot->begun + settings_.timeout.count() - now_ + kMilli);
        if (lane->blocked)
            until = std::min(until, kMilli); // ENOBUFS ends without a word
    }
    return std::max<std::int64_t>(until, 0);
}

} // namespace sonde::dns
