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
constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kLoopWait = 100 * kMilli;
constexpr std::int64_t kStampsBegin = 20'000'000; // see Session

// The `i`-th part of a whole that is divided as evenly as it goes.
std::size_t share_of(std::size_t whole, std::size_t parts, std::size_t i)
{
    return whole / parts + (i < whole % parts ? 1 : 0);
}

} // namespace

Volley::Volley(const sonde_host &host, const Settings &settings, const std::vector<Server> &servers)
    : host_(host), settings_(settings), servers_(servers),
      drawer_([&host](void *bytes, std::size_t size) { host.random(&host, bytes, static_cast<std::uint32_t>(size)); }),
      drawn_([this](void *bytes, std::size_t size) { drawer_.draw(bytes, size); }), asked_(servers.size()),
      total_(std::uint64_t{settings.count} * settings.names.size()), buffers_(std::make_unique<VolleyBuffers>()),
      errors_(std::make_unique<VolleyBuffers>()), drops_(host), driver_stamps_(std::make_unique<bool[]>(servers.size()))
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
            lane->drops = drops_.first();
            lane->stamps_both = i == 0; // some tell of the local queue; all would cost a good part of the rate
            if (!enable_stamps(fds[i], family, SendStamps::of_many))
                throw plugin::Failure{kNotSent, "the kernel does not stamp"};
            // The kernel finds the way once, and lets through what comes from there alone.
            const plugin::SocketAddress &to = addresses_[server];
            lane->connected = connect(fds[i], to.get(), to.length) == 0;
            account_.sockets[{server, Transport::udp, Reuse::cold}] = traits_of(fds[i]);
            lane->port = plugin::local_endpoint(fds[i]).port;
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
        Slots::Slot &slot = *lane.ready[static_cast<std::size_t>(i)];
        slot.begun = now_;
        if (!lane.driver_stamps)
            bytes += count_query(lane, slot); // else when it leaves
    }
    host_.count(&host_, bytes, 0);
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
