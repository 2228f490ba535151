#include "model/check/checks.hpp"
#include "model/receivers.hpp"
#include "model/report_task.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

namespace sonde::model::check {

namespace {

// Follows the results from schedule to schedule, depth first.
class Walk {
public:
    Walk(const Subject &subject, Findings &findings) : subject_(subject), findings_(findings) {}

    void visit(const Schedule &schedule)
    {
        if (!seen_.emplace(&schedule, true).second)
            return;
        way_.push_back(&schedule);
        for (const Action &action : schedule.actions)
            for (const std::string &destination : action.destinations) {
                const std::string path = path_of(path_of("schedule", schedule.name), action) + "/destination";
                const Schedule *next = subject_.schedules.resolve(destination, path, findings_);
                if (next == nullptr)
                    continue;
                visit(*next);
                if (seen_[next])
                    findings_.error(path, "sends results round in a circle", circle(*next));
                else
                    check_receivers(*next, path);
            }
        way_.pop_back();
        seen_[&schedule] = false;
    }

private:
    void check_receivers(const Schedule &schedule, const std::string &path)
    {
        if (schedule.actions.empty() && !subject_.unread.holds(path_of("schedule", schedule.name) + "/action"))
            findings_.warn(path, "loses its results: schedule '" + json::shown(schedule.name) + "' has no action",
                           "name one that reports them or takes them as its input");
        for (const Action &action : receivers(schedule)) {
            const Task *task = subject_.tasks.find(action.task);
            if (task != nullptr && !is_report_task(*task))
                findings_.warn(path,
                               "passes its results to action '" + json::shown(action.name) + "' of schedule '" +
                                   json::shown(schedule.name) + "', which does not report them",
                               "they are the input of its method, which has to take input");
        }
    }

    // "a -> b -> a"
    std::string circle(const Schedule &from) const
    {
        constexpr std::ptrdiff_t kShown = 10;
        auto at = std::find(way_.begin(), way_.end(), &from);
        const bool all = way_.end() - at <= kShown;
        std::string text;
        for (const auto end = all ? way_.end() : at + kShown; at != end; ++at)
            text += json::shown((*at)->name) + " -> ";
        return text + (all ? "" : "... -> ") + json::shown(from.name);
    }

    const Subject &subject_;
    Findings &findings_;
    std::map<const Schedule *, bool> seen_; // true: on the way
    std::vector<const Schedule *> way_;
};

} // namespace

void check_destinations(const Subject &subject, Findings &findings)
{
    Walk walk(subject, findings);
    for (const Schedule &schedule : subject.instruction.schedules)
        walk.visit(schedule);
}

} // namespace sonde::model::check
