#include "programs/cli/plan/meetings.hpp"

#include <algorithm>

namespace sonde::cli {

void MeetingWatch::begins(ActionPlace place, WallTime since)
{
    const ActionCost &cost = costs_[place.schedule][place.action];
    if (!cost.takes_turn)
        return;
    std::erase_if(line_, [&](const OnLine &other) { return other.end && *other.end <= since; });
    for (const auto &[other, end] : line_) {
        if (!cost.exclusive && !costs_[other.schedule][other.action].exclusive)
            continue;
        const auto [meeting, is_new] = met_.try_emplace(std::minmax(place, other), Meeting{0, 1, since});
        ++meeting->second.runs;
        if (!end)
            ++meeting->second.overlapping;
    }
    line_.push_back({place, std::nullopt});
}

void MeetingWatch::ends(ActionPlace place, WallTime at)
{
    const auto found =
        std::find_if(line_.begin(), line_.end(), [&](const OnLine &one) { return one.place == place && !one.end; });
    if (found != line_.end())
        found->end = at;
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
