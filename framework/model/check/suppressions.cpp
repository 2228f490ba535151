#include "model/check/checks.hpp"
#include "model/glob.hpp"

#include <algorithm>

namespace sonde::model::check {

namespace {

std::vector<std::string_view> suppression_tags(const Instruction &instruction)
{
    std::vector<std::string_view> tags;
    for (const Schedule &schedule : instruction.schedules) {
        tags.insert(tags.end(), schedule.suppression_tags.begin(), schedule.suppression_tags.end());
        for (const Action &action : schedule.actions)
            tags.insert(tags.end(), action.suppression_tags.begin(), action.suppression_tags.end());
    }
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
}

// A document may hold more patterns and tags than anybody has a use for; matching all of them could take minutes.
constexpr std::size_t kMatchesTried = 1'000'000;

} // namespace

void check_suppressions(const Subject &subject, Findings &findings)
{
    if (subject.instruction.suppressions.empty())
        return;
    const std::vector<std::string_view> tags = suppression_tags(subject.instruction);
    const Unread &unread = subject.unread;
    const bool tags_are_known =
        !unread.holds_list("schedule") && !unread.holds_any("/action") && !unread.holds_any("/suppression-tag");
    std::size_t tried = 0;
    for (const Suppression &suppression : subject.instruction.suppressions) {
        const std::string path = path_of("suppression", suppression.name);
        if (suppression.start)
            subject.events.resolve(*suppression.start, path + "/start", findings);
        if (suppression.end)
            subject.events.resolve(*suppression.end, path + "/end", findings);
        if (suppression.start && suppression.start == suppression.end)
            findings.warn(path + "/end", "is the event that starts it too", "it would end where it begins");
        if (suppression.match.empty() && !unread.holds(path + "/match"))
            findings.warn(path, "suppresses nothing", "it has no match; \"*\" matches every suppression-tag");
        for (const std::string &pattern : suppression.match) {
            if (!tags_are_known)
                break;
            tried += tags.size();
            if (tried > kMatchesTried)
                return;
            const auto matches = [&](std::string_view tag) { return glob_matches(pattern, tag); };
            if (std::none_of(tags.begin(), tags.end(), matches))
                findings.warn(path + "/match", "'" + json::shown(pattern) + "' matches nothing here",
                              json::listed("suppression-tags", tags));
        }
    }
}

} // namespace sonde::model::check
