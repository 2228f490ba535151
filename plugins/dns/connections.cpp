#include "connections.hpp"

#include <algorithm>

namespace sonde::dns {

Connections::Connections(Connecting &shared, const std::vector<Server> &servers, std::function<void()> over)
    : shared_(shared), servers_(servers), over_(std::move(over))
{
}

Connections::Found Connections::for_query(const Asked &asked)
{
    const std::pair key(asked.server, asked.transport);
    if (asked.reuse == Reuse::reused) {
        const auto kept = kept_.find(key);
        // One that is still being set up makes the query wait as the first one does.
        if (kept != kept_.end() && kept->second->usable())
            return {*kept->second, kept->second->is_ready() ? Reuse::reused : Reuse::cold, false};
    }
    connections_.push_back(std::make_unique<Connection>(shared_, servers_[asked.server], asked.server, asked.transport,
                                                        asked.reuse == Reuse::resumed,
                                                        [this](Connection &) { over_(); }));
    Connection &made = *connections_.back();
    if (asked.reuse == Reuse::reused)
        kept_[key] = &made;
    made.begin();
    return {made, Reuse::cold, true};
}

void Connections::give_up(const Asked &asked)
{
    kept_.erase({asked.server, asked.transport});
}

void Connections::tidy(bool all_asked)
{
    std::erase_if(kept_, [](const auto &kept) { return !kept.second->usable(); });
    for (const auto &connection : connections_) {
        const bool kept =
            std::any_of(kept_.begin(), kept_.end(), [&](const auto &one) { return one.second == connection.get(); });
        if (!connection->carries_queries() && (!kept || all_asked))
            connection->finish();
    }
    std::erase_if(kept_, [](const auto &kept) { return !kept.second->usable(); });
    std::erase_if(connections_, [](const auto &connection) { return connection->is_over(); });
}

void Connections::abandon()
{
    for (const auto &connection : connections_)
        connection->abandon();
    kept_.clear();
    connections_.clear();
}

} // namespace sonde::dns
