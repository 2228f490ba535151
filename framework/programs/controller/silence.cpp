#include "silence.hpp"

#include "model/instruction_json.hpp"
#include "model/report_task.hpp"

#include <algorithm>
#include <cstdint>
#include <variant>

namespace sonde::controller {

namespace {

using std::chrono::seconds;

constexpr std::size_t kKnownMax = 100;

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

// The longest time between two triggers that come by the clock again and again, of a calendar near enough: a minute, an
// hour, a day or a month, by the largest unit that it chooses from.
std::optional<seconds> period_of(const model::Event &event)
{
    if (const auto *periodic = std::get_if<model::Periodic>(&event.type))
        return periodic->interval;
    const auto *calendar = std::get_if<model::Calendar>(&event.type);
    if (calendar == nullptr)
        return std::nullopt;
    const bool any_day = calendar->month.every && calendar->day_of_month.every && calendar->day_of_week.every;
    if (!any_day)
        return seconds(std::chrono::days(31));
    if (!calendar->hour.every)
        return seconds(std::chrono::days(1));
    return calendar->minute.every ? seconds(60) : seconds(3600);
}

} // namespace

std::optional<seconds> longest_silence(const model::Instruction &instruction)
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
        if (const auto period = period_of(*event); period && reports(instruction, schedule))
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
    const auto longest = instruction ? longest_silence(*instruction) : std::nullopt;
    if (known_.size() < kKnownMax)
        known_.emplace(text, longest);
    return longest;
}

} // namespace sonde::controller
