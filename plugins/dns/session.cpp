#include "session.hpp"

#include "rows.hpp"

#include <algorithm>
#include <cstring>

#include <sys/resource.h>

namespace sonde::dns {
namespace {

constexpr std::int64_t kMs = 1'000'000;
// The kernel turns receive stamping on from a work queue, some time after the first socket has asked for it.
constexpr std::int64_t kStampsNeed = 20 * kMs;

// A socket a query: some descriptors stay for the pool and whatever else is open.
std::size_t most_open()
{
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    return std::clamp<std::size_t>(limit.rlim_cur, 96, 1024) - 64;
}

} // namespace

Session::Session(const sonde_host &host, const Settings &settings)
    : host_(host), settings_(settings), base_(plugin::make_event_base()), pool_(host),
      tallies_(settings.servers.size()), open_max_(most_open())
{
    listener_.observed = [this](Transmission &t, const Observation &seen) { observed(t, seen); };
    listener_.decided = [this](Transmission &t) { decided(t); };
    listener_.over = [this](Transmission &t) {
        auto node = open_.extract(t.asked().number);
        over_.push_back(std::move(node.mapped()));
        burial_->add_after(0);
    };
}

std::uint64_t Session::questions() const
{
    return std::uint64_t{settings_.count} * settings_.names.size() * settings_.servers.size();
}

void Session::make_queries()
{
    for (const std::string &name : settings_.names) {
        auto query = make_query(settings_, name);
        if (!query)
            throw plugin::Failure{kBadOption, "'" + name + "' is not a domain name"};
        queries_.push_back(std::move(*query));
    }
}

void Session::wait_for_receive_stamps()
{
    auto taken = pool_.take(settings_.servers.front().family, 1);
    keeper_ = std::move(taken.fd);
    host_.sleep_until(&host_, host_.now(&host_, SONDE_CLOCK_MONOTONIC) + kStampsNeed);
}

void Session::run()
{
    make_queries();
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
        open_.begin()->second->stop();
    bury();
}

// Sends what is due. A query that found no free descriptor is sent as soon as there is one.
void Session::pace()
{
    const std::int64_t now = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    const auto due = [this] { return begun_ + static_cast<std::int64_t>(next_question_) * settings_.interval; };
    while (next_question_ < questions() && due() <= now && open_.size() < open_max_) {
        Asked asked;
        asked.server = next_question_ % settings_.servers.size();
        asked.name = next_question_ / settings_.servers.size() % settings_.names.size();
        ++next_question_;
        ask(asked);
    }
    if (next_question_ < questions())
        pacer_->add_after(std::max(due() - now, open_.size() < open_max_ ? 0 : kMs));
}

void Session::ask(Asked asked)
{
    asked.number = next_number_++;
    Query query = queries_[asked.name];
    std::uint16_t id = 0;
    host_.random(&host_, &id, sizeof id);
    query.set_id(id);
    const std::uint64_t left = questions() - next_question_ + 1;
    auto taken = pool_.take(settings_.servers[asked.server].family, left / settings_.servers.size() + 1);
    auto transmission = std::make_unique<Transmission>(host_, *base_, settings_, listener_, asked, std::move(query),
                                                       std::move(taken.fd));
    Transmission &kept = *open_.emplace(asked.number, std::move(transmission)).first->second;
    kept.send(taken.error);
}

void Session::decided(const Transmission &transmission)
{
    const Asked &asked = transmission.asked();
    if (!transmission.answered() && asked.try_number < settings_.tries && !cancelled_) {
        Asked again = asked;
        ++again.try_number;
        ask(again);
    }
    host_.progress(&host_, std::min(next_question_, questions()), questions());
}

void Session::observed(const Transmission &transmission, const Observation &observation)
{
    tallies_[transmission.asked().server].add(observation.outcome, observation.response_time);
    if (!send_query_row(host_, settings_, transmission, observation)) {
        cancelled_ = true;
        event_base_loopbreak(base_.get());
    }
}

void Session::bury()
{
    over_.clear();
    if (open_.empty() && next_question_ == questions())
        event_base_loopbreak(base_.get());
}

} // namespace sonde::dns
