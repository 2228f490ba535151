#include "plan.hpp"

#include <sonde/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace sonde::dns {
namespace {

constexpr const char *kIdentityName = "id.server"; // RFC 4892

} // namespace

Plan::Plan(const Settings &settings, std::size_t servers) : settings_(settings), servers_(servers)
{
    for (const std::string &name : settings.names)
        questions_.push_back({name, settings.type, settings.query_class});
    if (settings.identify)
        questions_.push_back({kIdentityName, "TXT", "CH"});

    const std::vector<Transport> udp = {Transport::udp};
    for (const Transport transport : settings.transports.empty() ? udp : settings.transports) {
        if (transport == Transport::udp) {
            ways_.push_back({transport, Reuse::cold});
            continue;
        }
        const std::size_t others = ways_.size();
        for (const Reuse reuse : settings.connections)
            if (transport != Transport::tcp || reuse != Reuse::resumed)
                ways_.push_back({transport, reuse});
        if (ways_.size() == others)
            throw plugin::Failure{kBadOption, "TCP has no session to resume: ask for connection=cold or reused"};
    }
}

bool Plan::uses_datagrams() const
{
    return std::any_of(ways_.begin(), ways_.end(), [](const Way &way) { return way.transport == Transport::udp; });
}

std::uint64_t Plan::size() const
{
    const std::uint64_t identities = settings_.identify ? servers_ : 0;
    return identities + std::uint64_t{settings_.count} * settings_.names.size() * ways_.size() * servers_;
}

// The servers take turns first, then the ways to ask, then the names.
Asked Plan::at(std::uint64_t number) const
{
    Asked asked;
    asked.server = number % servers_;
    std::uint64_t turn = number / servers_;
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

std::int64_t poisson_gap(std::chrono::nanoseconds mean, std::uint64_t bits)
{
    const double share = static_cast<double>(bits >> 11) * 0x1p-53; // 0 to 1, without 1
    return static_cast<std::int64_t>(-std::log1p(-share) * static_cast<double>(mean.count()));
}

} // namespace sonde::dns
