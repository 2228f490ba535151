#include "session.hpp"

#include <algorithm>
#include <cstring>

#include <sys/resource.h>

namespace sonde::dns {
namespace {

constexpr std::int64_t kMs = 1'000'000;
// The kernel turns receive stamping on from a work queue, some time after the first socket has asked for it.
constexpr std::int64_t kStampsNeed = 20 * kMs;
constexpr const char *kIdentityName = "id.server"; // RFC 4892

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
      base_(plugin::make_event_base()), connecting_{host, *base_, settings, nullptr}, pool_(host),
      cookies_(servers.size()), open_max_(most_open())
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
    account_.nsid.resize(servers.size());
    account_.id_server.resize(servers.size());
    make_questions();
    make_ways();
}

void Session::make_questions()
{
    if (settings_.cookies) {
        for (auto &cookie : cookies_) {
            cookie.resize(kClientCookieBytes);
            random_(cookie.data(), cookie.size());
        }
    }
    for (const std::string &name : settings_.names)
        questions_.push_back({name, settings_.type, settings_.query_class});
    account_.comparisons.resize(questions_.size());
    if (settings_.identify)
        questions_.push_back({kIdentityName, "TXT", "CH"});
    for (std::size_t question = 0; question < questions_.size(); ++question)
        query_for(0, question);
}

void Session::make_ways()
{
    const std::vector<Transport> udp = {Transport::udp};
    for (const Transport transport : settings_.transports.empty() ? udp : settings_.transports) {
        if (transport == Transport::udp) {
            ways_.push_back({transport, Reuse::cold});
            continue;
        }
        for (const Reuse reuse : settings_.connections)
            if (transport != Transport::tcp || reuse != Reuse::resumed)
                ways_.push_back({transport, reuse});
    }
    if (ways_.empty())
        throw plugin::Failure{kBadOption, "TCP has no session to resume: ask for connection=cold or reused"};
}

// The template: what is new in each transmission is drawn later.
const Query &Session::query_for(std::size_t server, std::size_t question)
{
    const auto [place, is_new] = queries_.try_emplace({server, question});
    if (!is_new)
        return place->second;
    Settings settings = settings_;
    settings.unique = settings_.unique && !is_identity(question);
    auto query = make_query(settings, questions_[question], cookies_[server]);
    if (!query)
        throw plugin::Failure{kBadOption, "'" + questions_[question].name + "' is not a domain name"};
    return place->second = std::move(*query);
}

void Session::wait_for_receive_stamps()
{
    const bool datagrams =
        std::any_of(ways_.begin(), ways_.end(), [](const Way &way) { return way.transport == Transport::udp; });
    if (!datagrams)
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
    begun_ = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    pacer_->add_after(0);
    event_base_dispatch(base_.get());

    while (!open_.empty())
        std::visit([](auto &ongoing) { ongoing->stop(); }, open_.begin()->second);
    for (const auto &connection : connections_)
        connection->abandon();
    over_.clear();
    connections_.clear();
}

std::uint64_t Session::planned_queries() const
{
    const std::uint64_t identities = settings_.identify ? servers_.size() : 0;
    return identities + std::uint64_t{settings_.count} * settings_.names.size() * ways_.size() * servers_.size();
}

// The servers take turns first, then the ways to ask, then the names.
Asked Session::planned(std::uint64_t number) const
{
    Asked asked;
    asked.server = number % servers_.size();
    std::uint64_t turn = number / servers_.size();
    if (settings_.identify) {
        if (turn == 0) {
            asked.question = settings_.names.size();
            asked.transport = ways_.front().transport;
            return asked;
        }
        --turn;
    }
    const Way &way = ways_[turn % ways_.size()];
    asked.transport = way.transport;
    asked.reuse = way.reuse;
    asked.question = turn / ways_.size() % settings_.names.size();
    return asked;
}

// Sends what is due. A query that found no free descriptor is sent as soon as there is one.
void Session::pace()
{
    const std::int64_t now = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    const auto due = [this] { return begun_ + static_cast<std::int64_t>(next_planned_) * settings_.interval.count(); };
    const auto has_room = [this] { return open_.size() + connections_.size() < open_max_; };
    while (next_planned_ < planned_queries() && due() <= now && has_room())
        ask(planned(next_planned_++));
    if (next_planned_ < planned_queries())
        pacer_->add_after(std::max(due() - now, has_room() ? 0 : kMs));
}

void Session::ask(Asked asked)
{
    asked.number = next_number_++;
    Attempt attempt;
    attempt.asked = asked;
    attempt.query = query_for(asked.server, asked.question);
    freshen(attempt.query, settings_.mixed_case, random_);
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
    const std::uint64_t number = attempt.asked.number, left = planned_queries() - next_planned_ + 1;
    auto taken = pool_.take(servers_[server].ip.family, left / servers_.size() + 1);
    const Transmission::Context context = {host_,           *base_, settings_, listener_, servers_[server],
                                           routes_[server], drops_};
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
    bool reused = false;
    Connection &connection = connection_for(asked, reused);
    kept.begin(connection, reused ? Reuse::reused : Reuse::cold);
}

// The connection of the queries before where that is asked for and still there, else a new one.
Connection &Session::connection_for(const Asked &asked, bool &reused)
{
    const std::pair key(asked.server, asked.transport);
    if (asked.reuse == Reuse::reused) {
        const auto kept = kept_.find(key);
        if (kept != kept_.end() && kept->second->usable()) {
            reused = kept->second->is_ready(); // else this query waits for it as the first one does
            return *kept->second;
        }
    }
    connections_.push_back(std::make_unique<Connection>(connecting_, servers_[asked.server], asked.server,
                                                        asked.transport, asked.reuse == Reuse::resumed,
                                                        [this](Connection &) { burial_->add_after(0); }));
    Connection &made = *connections_.back();
    if (asked.reuse == Reuse::reused)
        kept_[key] = &made;
    made.begin();
    return made;
}

void Session::decided(const Attempt &attempt, const Observation &observation)
{
    const Asked &asked = attempt.asked;
    const bool answered = is_answered(observation.outcome);
    if (!answered && asked.reuse == Reuse::reused)
        kept_.erase({asked.server, asked.transport}); // what was silent once may be half dead
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
    host_.progress(&host_, std::min(next_planned_, planned_queries()), planned_queries());
}

void Session::observed(const Attempt &attempt, const Observation &observation)
{
    const Asked &asked = attempt.asked;
    const Reuse reuse = attempt.connection.value_or(asked.reuse);
    Tally &tally = account_.tallies[{asked.server, asked.transport, reuse}];
    tally.add(observation.outcome, is_identity(asked.question) ? std::nullopt : observation.response_time);
    if (is_answered(observation.outcome))
        tally.add_phases(attempt.connect_time, attempt.tls_time);
    if (observation.answer && observation.outcome != Outcome::mismatch) {
        const Answer &answer = *observation.answer;
        if (answer.nsid)
            account_.nsid[asked.server] = answer.nsid;
        if (settings_.cookies && answer.cookie.size() > kClientCookieBytes && answer.cookie != cookies_[asked.server] &&
            cookie_fits(attempt.query, answer)) {
            cookies_[asked.server] = answer.cookie;
            std::erase_if(queries_, [&](const auto &one) { return one.first.first == asked.server; });
        }
        if (is_identity(asked.question))
            account_.id_server[asked.server] = identity_in(answer.content);
        else if (observation.outcome == Outcome::answer || observation.outcome == Outcome::late)
            account_.comparisons[asked.question].add(asked.server, answer.content);
    }
    if (!send_query_row(host_, servers_, questions_[asked.question], attempt, observation)) {
        cancelled_ = true;
        event_base_loopbreak(base_.get());
    }
}

// Destroys what is over, and ends the connections that nobody needs any more.
void Session::bury()
{
    over_.clear();
    std::erase_if(kept_, [](const auto &kept) { return !kept.second->usable(); });
    const bool all_asked = next_planned_ == planned_queries();
    for (const auto &connection : connections_) {
        const bool kept =
            std::any_of(kept_.begin(), kept_.end(), [&](const auto &one) { return one.second == connection.get(); });
        if (!connection->carries_queries() && (!kept || (all_asked && open_.empty())))
            connection->finish();
    }
    std::erase_if(kept_, [](const auto &kept) { return !kept.second->usable(); });
    std::erase_if(connections_, [](const auto &connection) { return connection->is_over(); });
    if (open_.empty() && connections_.empty() && all_asked)
        event_base_loopbreak(base_.get());
}

} // namespace sonde::dns
