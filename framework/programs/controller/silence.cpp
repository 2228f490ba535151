#include "silence.hpp"

#include "model/instruction_json.hpp"
#include "model/report_task.hpp"
#include "schedule/timing.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>

namespace sonde::controller {

namespace {

using std::chrono::seconds;

constexpr std::size_t kKnownMax = 100;
// Of a calendar's triggers: a month's, and one each minute for so long.
constexpr std::chrono::days kWatched{35};
constexpr std::size_t kTriggersMax = 50'000;

bool reports(const model::Instruction &instruction, const model::Schedule &schedule)
{
    return std::any_of(schedule.actions.begin(), schedule.actions.end(), [&](const model::Action &action) {
        return std::any_of(instruction.tasks.begin(), instruction.tasks.end(), [&](const model::Task &task) {
            return task.name == action.task && model::is_report_task(task);
        });
    });
}

const model::Event *event_of(const model::Instruction &instruction, const std::string &name)
{
    const auto found = std::find_if(instruction.events.begin(), instruction.events.end(),
                                    [&](const model::Event &event) { return event.name == name; });
    return found == instruction.events.end() ? nullptr : &*found;
}

// The longest time between two triggers that come by the clock again and again, from now on. A calendar's is looked for
// over some weeks, in UTC where it is local time's.
std::optional<seconds> period_of(const model::Event &event, WallTime now)
{
    if (const auto *periodic = std::get_if<model::Periodic>(&event.type))
        return periodic->interval;
    if (!std::holds_alternative<model::Calendar>(event.type))
        return std::nullopt;
    const schedule::Timing timing(event, Uuid{});
    std::optional<seconds> longest;
    std::optional<WallTime> last = timing.first_from(now);
    for (std::size_t i = 0; i < kTriggersMax && last && (i == 0 || *last < now + kWatched); ++i) {
        const std::optional<WallTime> next = timing.first_from(*last + std::chrono::nanoseconds(1));
        if (next)
            longest = std::max(longest.value_or(seconds(0)), std::chrono::ceil<seconds>(*next - *last));
        last = next;
    }
    return longest;
}

} // namespace

std::optional<seconds> longest_silence(const model::Instruction &instruction, WallTime now)
{
    std::optional<seconds> slowest;
    seconds before{0};
    for (const model::Schedule &schedule : instruction.schedules) {
        const model::Event *event = event_of(instruction, schedule.start);
        if (event == nullptr)
            continue;
        const auto retries = std::min<std::int64_t>(schedule.retries.max, 1'000'000);
        before = std::max(before, event->random_spread.value_or(seconds(0)) +
                                      (schedule.constraints.empty() ? seconds(0) : schedule.retries.delay * retries));
        if (!reports(instruction, schedule))
            continue;
        if (const auto period = period_of(*event, now))
            slowest = std::max(slowest.value_or(seconds(0)), *period);
    }
    if (!slowest)
        return std::nullopt;
    return 2 * *slowest + before;
}

std::optional<seconds> Silences::longest(const std::string &text)
{
    if (const auto found = known_.find(text); found != known_.end())
        return found->second;
    const auto instruction = model::read_instruction_part(text);
    const auto longest = instruction ? longest_silence(*instruction, now().wall) : std::nullopt;
    if (known_.size() < kKnownMax)
        known_.emplace(text, longest);
    return longest;
}

} // namespace sonde::controller
