#include "programs/cli/plan/meetings.hpp"

#include <algorithm>

namespace sonde::cli {

void MeetingWatch::run(ActionPlace place, WallTime since, WallTime at)
{
    const ActionCost &cost = costs_[place.schedule][place.action];
    if (!cost.active)
        return;
    while (!active_.empty() && active_.front().first + run_time_ <= since)
        active_.pop_front();
    for (const auto &[began, other] : active_) {
        if (!cost.exclusive && !costs_[other.schedule][other.action].exclusive)
            continue;
        const auto [meeting, is_new] = met_.try_emplace(std::minmax(place, other), Meeting{0, 1, since});
        ++meeting->second.runs;
        if (began + run_time_ > at)
            ++meeting->second.overlapping;
    }
    active_.emplace_back(at, place);
}

void add(Meetings &all, const Meetings &others)
{
    for (const auto &[places, meeting] : others) {
        const auto [sum, is_new] = all.try_emplace(places, meeting);
        if (is_new)
            continue;
        sum->second.runs += meeting.runs;
        sum->second.agents += meeting.agents;
        sum->second.overlapping += meeting.overlapping;
        sum->second.first = std::min(sum->second.first, meeting.first);
    }
}

} // namespace sonde::cli
