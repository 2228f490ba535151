#include "store/marks.hpp"

#include <algorithm>

namespace sonde::store {

std::vector<AgentMark> with_mark(std::vector<AgentMark> marks, AgentMark newest)
{
    if (!marks.empty() && (newest.at < marks.back().at || newest.planned < marks.back().planned ||
                           newest.triggered < marks.back().triggered))
        marks.clear();
    if (!marks.empty() && newest.at - marks.back().at < kMarkEvery)
        return marks;
    marks.push_back(newest);
    std::vector<AgentMark> kept; // the newest first
    for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark) {
        // What lies between two that are close enough for their age goes.
        if (kept.size() >= 2 && newest.at - mark->at <= 4 * (newest.at - kept[kept.size() - 2].at + kMarkEvery))
            kept.pop_back();
        kept.push_back(*mark);
    }
    std::reverse(kept.begin(), kept.end());
    return kept;
}

} // namespace sonde::store
