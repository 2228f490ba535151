#include "schedule/work.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace sonde::schedule {

namespace {

class Events {
public:
    explicit Events(const model::Instruction &instruction)
    {
        for (const model::Event &event : instruction.events)
            by_name_.emplace(event.name, std::make_shared<const model::Event>(event));
    }
    // Nothing if there is none.
    std::shared_ptr<const model::Event> find(const std::optional<std::string> &name) const
    {
        const auto found = name ? by_name_.find(*name) : by_name_.end();
        return found == by_name_.end() ? nullptr : found->second;
    }

private:
    std::map<std::string_view, std::shared_ptr<const model::Event>> by_name_;
};

} // namespace

std::vector<Work> works_of(const model::Instruction &instruction)
{
    const Events events(instruction);
    std::map<std::string_view, const model::Task *> tasks;
    for (const model::Task &task : instruction.tasks)
        tasks.emplace(task.name, &task);

    std::vector<Work> works;
    for (const model::Schedule &schedule : instruction.schedules) {
        auto start = events.find(schedule.start);
        if (!start || schedule.actions.empty())
            continue;
        Work work{schedule, std::move(start), {}, 0, events.find(schedule.end)};
        work.tasks.reserve(schedule.actions.size());
        for (const model::Action &action : schedule.actions) {
            const auto task = tasks.find(action.task);
            if (task != tasks.end())
                work.tasks.push_back(*task->second);
            else
                work.tasks.emplace_back().name = action.task;
        }
        for (const model::Constraint &constraint : schedule.constraints) {
            const auto *result = std::get_if<model::MethodResult>(&constraint.type);
            const auto task = result != nullptr ? tasks.find(result->task) : tasks.end();
            if (task != tasks.end())
                work.constraint_tasks.emplace(task->first, *task->second);
        }
        work.fingerprint = fingerprint_of(work);
        works.push_back(std::move(work));
    }
    return works;
}

std::vector<Suppressing> suppressings_of(const model::Instruction &instruction)
{
    const Events events(instruction);
    std::vector<Suppressing> all;
    for (const model::Suppression &suppression : instruction.suppressions) {
        const auto start = events.find(suppression.start), end = events.find(suppression.end);
        Suppressing one{suppression, start ? std::optional(*start) : std::nullopt,
                        end ? std::optional(*end) : std::nullopt, 0};
        if (suppression.match.empty() || (suppression.start && !one.start))
            continue;
        one.fingerprint = fingerprint_of(one);
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace sonde::schedule
