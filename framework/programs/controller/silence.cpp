#include "silence.hpp"

#include "model/check/calendar_days.hpp"
#include "model/check/gap.hpp"
#include "model/instruction_json.hpp"
#include "model/receivers.hpp"
#include "model/report_task.hpp"
#include "schedule/timing.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <variant>

namespace sonde::controller {

namespace {

using std::chrono::seconds;

constexpr std::size_t kKnownMax = 20'000; // some hundred bytes each
// Longer times count as this, lest they leave the range of WallTime.
constexpr seconds kLongest = std::chrono::days(20 * 365);
// What an agent's clock may be off by, and what it may take to say what it counts.
constexpr seconds kSkew{10};
constexpr seconds kLongestSkew{60}; // where that is still little beside a period
// A run that is told to end may take so long for it, and an agent that was away to account for what it missed.
constexpr std::chrono::minutes kEnding{1};
constexpr std::chrono::minutes kSettling{1};
// Triggers that a run overlaps are accounted for with the first that comes so long after the first of them.
constexpr std::chrono::minutes kOverlapping{10};

template <class T>
const T *named(const std::vector<T> &all, const std::string &name)
{
    const auto found = std::find_if(all.begin(), all.end(), [&](const T &one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

bool reports(const model::Instruction &instruction, const model::Action &action)
{
    const model::Task *task = named(instruction.tasks, action.task);
    return task != nullptr && model::is_report_task(*task);
}

bool any_reports(const model::Instruction &instruction, std::span<const model::Action> actions)
{
    return std::any_of(actions.begin(), actions.end(),
                       [&](const model::Action &action) { return reports(instruction, action); });
}

// Outcomes go to all schedules that are passed data to report, or else down the pipeline that they are in.
std::uint64_t reported_actions(const model::Instruction &instruction, const model::Schedule &schedule, bool anywhere)
{
    bool told = anywhere;
    std::uint64_t count = 0;
    for (auto action = schedule.actions.rbegin(); action != schedule.actions.rend(); ++action) {
        if (reports(instruction, *action))
            told = told || schedule.execution_mode == model::ExecutionMode::pipelined;
        else
            count += told ? 1 : 0;
    }
    return count;
}

std::optional<seconds> period_of(const model::Event &event)
{
    if (const auto *periodic = std::get_if<model::Periodic>(&event.type))
        return periodic->interval;
    const auto *calendar = std::get_if<model::Calendar>(&event.type);
    return calendar == nullptr ? std::nullopt : model::check::longest_gap(*calendar);
}

// A calendar in the agent's own zone is read here by nobody.
bool is_exact(const model::Event &event)
{
    const auto *calendar = std::get_if<model::Calendar>(&event.type);
    return calendar == nullptr || calendar->timezone_offset;
}

// From the end of its waiting on, until the outcomes of a trigger are known; but for one run that nothing bounds.
seconds longest_run(const model::Schedule &schedule, seconds gap)
{
    return schedule.duration ? *schedule.duration + kEnding : kOverlapping + gap;
}

// Of an agent's planned runs: those that it says are over, or those that it says have had their trigger.
struct Count {
    std::uint64_t now;
    std::uint64_t store::AgentMark::*before;
    seconds Regular::*late;
    bool one_open; // of a schedule whose runs nothing bounds
};

// The newest one that is so old, or the oldest.
const store::AgentMark &mark_before(const std::vector<store::AgentMark> &marks, WallTime time)
{
    const auto later = std::find_if(marks.begin(), marks.end(), [&](const auto &mark) { return mark.at > time; });
    return later == marks.begin() ? marks.front() : *std::prev(later);
}

bool is_behind(const Count &count, const std::vector<Regular> &regular, const store::AgentRecord &agent)
{
    // So long that what is late weighs little in it, and short enough for what once went wrong to be forgotten.
    seconds enough{0};
    for (const Regular &one : regular)
        enough = std::max(enough, 4 * one.*count.late + 2 * one.gap);
    const store::AgentMark &mark = mark_before(agent.marks, *agent.polled - enough);
    std::uint64_t expected = mark.*count.before;
    for (const Regular &one : regular) {
        const schedule::Timing timing(one.event, agent.agent);
        const auto triggers = timing.between(mark.at + kSkew, *agent.polled - one.*count.late);
        if (triggers)
            expected += one.actions * (triggers->count - (count.one_open && one.open ? 1 : 0));
    }
    return count.now < expected;
}

bool is_behind(const std::vector<Regular> &regular, const store::AgentRecord &agent)
{
    if (!agent.etag || agent.etag != agent.applied_etag || agent.marks.empty() || !agent.polled ||
        !agent.polled_since || *agent.polled - *agent.polled_since < kSettling)
        return false;
    const store::AgentAccounts &told = *agent.accounts;
    return is_behind({told.planned, &store::AgentMark::planned, &Regular::late, true}, regular, agent) ||
           (told.triggered &&
            is_behind({*told.triggered, &store::AgentMark::triggered, &Regular::heard, false}, regular, agent));
}

} // namespace

Patience patience_of(const model::Instruction &instruction)
{
    Patience patience;
    std::optional<seconds> slowest;
    seconds before{0};
    bool anywhere = false;
    for (const model::Schedule &schedule : instruction.schedules) {
        anywhere = anywhere || any_reports(instruction, model::receivers(schedule));
        const model::Event *event = named(instruction.events, schedule.start);
        if (event == nullptr)
            continue;
        before = std::max(before, event->random_spread.value_or(seconds(0)) + model::check::longest_wait(schedule));
        if (!any_reports(instruction, schedule.actions))
            continue;
        if (const auto period = period_of(*event))
            slowest = std::max(slowest.value_or(seconds(0)), *period);
    }
    if (slowest)
        patience.wait = 2 * *slowest + before;
    for (const model::Schedule &schedule : instruction.schedules) {
        const model::Event *event = named(instruction.events, schedule.start);
        const auto gap = event == nullptr || !is_exact(*event) ? std::nullopt : period_of(*event);
        const std::uint64_t actions = reported_actions(instruction, schedule, anywhere);
        if (!gap || actions == 0)
            continue;
        // What an agent counts it tells with its polls, however seldom it reports.
        const seconds late = before + longest_run(schedule, *gap) + kSkew;
        patience.regular.push_back({*event, actions, std::min(*gap, kLongest), std::min(late, kLongest),
                                    std::clamp(*gap / 2, kSkew, kLongestSkew), !schedule.duration});
    }
    return patience;
}

Patience patience_of_text(const std::string &text)
{
    const auto instruction = model::read_instruction_part(text);
    return instruction ? patience_of(*instruction) : Patience();
}

bool is_silent(const Patience &patience, const store::AgentRecord &agent)
{
    if (!agent.accounts)
        return false;
    return (patience.wait && agent.accounts->waiting > *patience.wait) || is_behind(patience.regular, agent);
}

bool Silences::include(const store::AgentRecord &agent)
{
    return agent.instruction && is_silent(patience_of(*agent.instruction), agent);
}

const Patience &Silences::patience_of(const std::string &text)
{
    Hash hash{};
    SHA256(reinterpret_cast<const unsigned char *>(text.data()), text.size(), hash.data());
    if (const auto found = known_.find(hash); found != known_.end())
        return found->second;
    if (known_.size() == kKnownMax)
        known_.clear();
    return known_.emplace(hash, judged_(text)).first->second;
}

} // namespace sonde::controller
