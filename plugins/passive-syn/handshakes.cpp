#include "handshakes.hpp"

#include <algorithm>

namespace sonde::passive_syn {

Handshakes::Noted Handshakes::note(const Seen &seen)
{
    const std::uint64_t fingerprint = fingerprints_.of(seen.packet, seen.direction);
    const auto found = waiting_.find(fingerprint);
    if (seen.packet.segment == Segment::syn) {
        if (found != waiting_.end()) {
            found->second.repeated = true;
            return {What::repeated, std::nullopt};
        }
        if (seen.packet.has_data || waiting_.size() >= limit_)
            return {What::untracked, std::nullopt};
        open(fingerprint, seen);
        return {What::begun, std::nullopt};
    }
    if (found == waiting_.end() || seen.time < found->second.syn || seen.time - found->second.syn > tmax_)
        return {What::unmatched, std::nullopt};
    Handshake ended = found->second;
    waiting_.erase(found);
    ended.end = seen.packet.segment == Segment::syn_ack ? Handshake::End::answered : Handshake::End::refused;
    ended.elapsed = seen.time - ended.syn;
    return {What::ended, ended};
}

void Handshakes::open(std::uint64_t fingerprint, const Seen &seen)
{
    Handshake begun;
    begun.family = seen.packet.family;
    begun.direction = seen.direction;
    begun.own = seen.own;
    begun.syn = seen.time;
    waiting_.emplace(fingerprint, begun);
    // Those that were answered are cleared away before they are more than those that wait may be.
    if (order_.size() >= 2 * limit_)
        std::erase_if(order_, [this](const Waiting &one) {
            const auto found = waiting_.find(one.fingerprint);
            return found == waiting_.end() || found->second.syn != one.syn;
        });
    order_.push_back({fingerprint, seen.time});
}

std::optional<Handshake> Handshakes::expire(std::int64_t from, std::int64_t until)
{
    while (!order_.empty()) {
        const Waiting first = order_.front();
        const auto found = waiting_.find(first.fingerprint);
        const bool answered = found == waiting_.end() || found->second.syn != first.syn;
        if (!answered && (first.syn + tmax_ < from || first.syn + tmax_ >= until))
            return std::nullopt;
        order_.pop_front();
        if (answered)
            continue;
        Handshake ended = found->second;
        waiting_.erase(found);
        ended.end = Handshake::End::unanswered;
        return ended;
    }
    return std::nullopt;
}

void Handshakes::forget()
{
    waiting_.clear();
    order_.clear();
}

} // namespace sonde::passive_syn
