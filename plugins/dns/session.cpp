#include "session.hpp"

#include "tables.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <sys/resource.h>

namespace sonde::dns {
namespace {

constexpr std::int64_t kMs = 1'000'000;
// The kernel turns receive stamping on from a work queue, some time after the first socket has asked for it.
constexpr std::int64_t kStampsNeed = 20 * kMs;
// Addresses and routes may change within a run; a look-up for each query would take a socket of its own.
constexpr std::int64_t kRouteHolds = 1'000 * kMs;

// A socket a query: some descriptors stay for the pool, connections that end, and whatever else is open.
std::size_t most_open()
{
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    return std::clamp<std::size_t>(limit.rlim_cur, 160, 1024) - 128;
}

bool needs_tls(const Settings &settings)
{
    return std::any_of(settings.transports.begin(), settings.transports.end(),
                       [](Transport transport) { return transport == Transport::dot || transport == Transport::doh; });
}

// What a server says to id.server: the text of its record, without quotes.
std::optional<std::string> identity_in(const std::string &content)
{
    const std::size_t begin = content.find("TXT \""), end = content.rfind('"');
    if (begin == content.npos || end < begin + 5)
        return std::nullopt;
    return content.substr(begin + 5, end - begin - 5);
}

} // namespace

Session::Session(const sonde_host &host, const Settings &settings, const std::vector<Server> &servers)
    : host_(host), settings_(settings), servers_(servers),
      random_([&host](void *bytes, std::size_t size) { host.random(&host, bytes, static_cast<std::uint32_t>(size)); }),
      plan_(settings, servers.size()), templates_(settings, plan_, servers.size(), random_),
      base_(plugin::make_event_base()), connecting_{host, *base_, settings, nullptr},
      connections_(connecting_, servers, [this] { burial_->add_after(0); }), pool_(host), drops_(host),
      driver_stamps_(std::make_unique<bool[]>(servers.size())), was_asked_(servers.size()), open_max_(most_open())
{
    if (needs_tls(settings))
        connecting_.tls = std::make_unique<Tls>(settings);
    listener_.observed = [this](const Attempt &a, const Observation &seen) { observed(a, seen); };
    listener_.decided = [this](const Attempt &a, const Observation &seen) { decided(a, seen); };
    listener_.over = [this](const Attempt &a) {
        auto node = open_.extract(a.asked.number);
        over_.push_back(std::move(node.mapped()));
        burial_->add_after(0);
    };
    for (const Server &server : servers)
        routes_.push_back(route_to(host, server.ip));
    account_.comparisons.resize(settings.names.size());
    account_.nsid.resize(servers.size());
    account_.id_server.resize(servers.size());
}

void Session::wait_for_receive_stamps()
{
    if (!plan_.uses_datagrams())
        return;
    auto taken = pool_.take(servers_.front().ip.family, 1);
    keeper_ = std::move(taken.fd);
    host_.sleep_until(&host_, host_.now(&host_, SONDE_CLOCK_MONOTONIC) + kStampsNeed);
}

void Session::run()
{
    wait_for_receive_stamps();

    plugin::Event cancel(*base_, host_.cancel_fd, EV_READ, [this] {
        cancelled_ = true;
        event_base_loopbreak(base_.get());
    });
    cancel.add();
    pacer_ = std::make_unique<plugin::Event>(*base_, -1, EV_TIMEOUT, [this] { pace(); });
    burial_ = std::make_unique<plugin::Event>(*base_, -1, EV_TIMEOUT, [this] { bury(); });
    begun_ = due_ = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    pacer_->add_after(0);
    event_base_dispatch(base_.get());

    while (!open_.empty())
        std::visit([](auto &ongoing) { ongoing->stop(); }, open_.begin()->second);
    connections_.abandon();
    over_.clear();
}

// Sends what is due. A query that found no free descriptor is sent as soon as there is one.
void Session::pace()
{
    const std::int64_t now = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    const auto has_room = [this] { return open_.size() + connections_.size() < open_max_; };
    while (next_planned_ < plan_.size() && due_ <= now && has_room()) {
        ask(plan_.at(next_planned_++));
        due_ = due_next();
    }
    if (next_planned_ < plan_.size())
        pacer_->add_after(std::max(due_ - now, has_room() ? 0 : kMs));
}

std::int64_t Session::due_next()
{
    if (settings_.sampling == Sampling::periodic)
        return begun_ + static_cast<std::int64_t>(next_planned_) * settings_.interval.count();
    std::uint64_t bits = 0;
    random_(&bits, sizeof bits);
    return due_ + poisson_gap(settings_.interval, bits);
}

void Session::ask(Asked asked)
{
    asked.number = next_number_++;
    Attempt attempt;
    attempt.asked = asked;
    attempt.first = !was_asked_[asked.server];
    was_asked_[asked.server] = true;
    attempt.query = templates_.fresh(asked.server, asked.question);
    if (asked.transport == Transport::doh)
        attempt.query.set_id(0); // so that caches of HTTP see the same request (RFC 8484 section 4.1)
    if (asked.transport == Transport::udp)
        ask_in_a_datagram(std::move(attempt));
    else
        ask_over_a_connection(std::move(attempt));
}

void Session::ask_in_a_datagram(Attempt attempt)
{
    const std::size_t server = attempt.asked.server;
    const std::uint64_t number = attempt.asked.number, left = plan_.size() - next_planned_ + 1;
    auto taken = pool_.take(servers_[server].ip.family, left / servers_.size() + 1);
    if (host_.now(&host_, SONDE_CLOCK_MONOTONIC) - routes_[server].looked_up >= kRouteHolds)
        routes_[server] = route_to(host_, servers_[server].ip);
    const Transmission::Context context = {
        host_, *base_, settings_, listener_, servers_[server], routes_[server], drops_, driver_stamps_[server]};
    auto made = std::make_unique<Transmission>(context, std::move(attempt), std::move(taken.fd));
    Transmission &kept = *made;
    open_.emplace(number, std::move(made));
    kept.send(taken.error);
}

void Session::ask_over_a_connection(Attempt attempt)
{
    const Asked asked = attempt.asked;
    auto made = std::make_unique<Exchange>(connecting_, listener_, servers_[asked.server], std::move(attempt));
    Exchange &kept = *made;
    open_.emplace(asked.number, std::move(made));
    const Connections::Found found = connections_.for_query(asked);
    kept.begin(found.connection, found.is, found.made);
}

void Session::decided(const Attempt &attempt, const Observation &observation)
{
    const Asked &asked = attempt.asked;
    const bool answered = is_answered(observation.outcome);
    if (!answered && asked.reuse == Reuse::reused)
        connections_.give_up(asked); // what was silent once may be half dead
    Asked next = asked;
    const bool bad_cookie = answered && observation.answer->rcode == "BADCOOKIE" && !asked.follows;
    const bool follow = settings_.follow && observation.outcome == Outcome::truncated;
    if (!cancelled_ && asked.transport == Transport::udp && (follow || bad_cookie)) {
        next.follows = asked.number;
        next.try_number = 1;
        next.transport = follow ? Transport::tcp : Transport::udp;
        ask(next);
    } else if (!cancelled_ && !answered && asked.try_number < settings_.tries) {
        ++next.try_number;
        ask(next);
    }
    host_.progress(&host_, std::min(next_planned_, plan_.size()), plan_.size());
}

void Session::observed(const Attempt &attempt, const Observation &observation)
{
    note(attempt, observation);
    if (!send_query_row(host_, servers_, questions()[attempt.asked.question], attempt, observation)) {
        cancelled_ = true;
        event_base_loopbreak(base_.get());
    }
}

// Enters it into the account.
void Session::note(const Attempt &attempt, const Observation &observation)
{
    const Asked &asked = attempt.asked;
    const bool identity = plan_.is_identity(asked.question);
    const Line line(asked.server, asked.transport, attempt.connection.value_or(asked.reuse));
    if (attempt.socket)
        account_.sockets[line] = *attempt.socket;
    Tally &tally = account_.tallies[line];
    tally.add(observation.outcome, identity ? std::nullopt : observation.response_time);
    if (!is_beside(observation.outcome) && attempt.local_queue)
        tally.add_local_queue(*attempt.local_queue);
    if (is_answered(observation.outcome))
        tally.add_phases(attempt.connect_time, attempt.tls_time);
    if (!observation.answer || observation.outcome == Outcome::mismatch)
        return;
    const Answer &answer = *observation.answer;
    if (answer.nsid)
        account_.nsid[asked.server] = answer.nsid;
    templates_.learn(asked.server, attempt.query, answer);
    if (identity)
        account_.id_server[asked.server] = identity_in(answer.content);
    else if (observation.outcome == Outcome::answer || observation.outcome == Outcome::late)
        account_.comparisons[asked.question].add(asked.server, answer.content);
}

// Destroys what is over, and ends the connections that nobody needs any more.
void Session::bury()
{
    over_.clear();
    const bool all_asked = next_planned_ == plan_.size() && open_.empty();
    connections_.tidy(all_asked);
    if (all_asked && connections_.size() == 0)
        event_base_loopbreak(base_.get());
}

} // namespace sonde::dns
