#include "schedule/work.hpp"

#include "schedule/timing.hpp"

#include <map>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

namespace sonde::schedule {

namespace {

// Writes `key=length:value;`: the lengths keep two configurations from having the same text.
class Canonical {
public:
    void put(std::string_view key, std::string_view value)
    {
        text_ += key;
        text_ += '=';
        text_ += std::to_string(value.size());
        text_ += ':';
        text_ += value;
        text_ += ';';
    }
    void put(std::string_view key, const std::optional<std::string> &value)
    {
        if (value)
            put(key, std::string_view(*value));
    }
    void put(std::string_view key, const std::vector<std::string> &values)
    {
        for (const std::string &value : values)
            put(key, std::string_view(value));
    }
    void put(std::string_view key, std::chrono::seconds value)
    {
        put(key, std::string_view(std::to_string(value.count())));
    }
    void put(std::string_view key, WallTime value)
    {
        put(key, std::string_view(std::to_string(value.time_since_epoch().count())));
    }
    template <class T>
        requires std::is_same_v<T, std::chrono::seconds> || std::is_same_v<T, WallTime>
    void put(std::string_view key, const std::optional<T> &value)
    {
        if (value)
            put(key, *value);
    }
    void put(const std::vector<model::Option> &options)
    {
        for (const model::Option &option : options) {
            put("option", std::string_view(option.id));
            put("name", std::string_view(option.name));
            put("value", option.value);
        }
    }

    std::uint64_t hash() const { return fnv1a(text_); }

private:
    std::string text_;
};

void put(Canonical &out, const char *name, const model::CalendarField &field)
{
    if (field.every)
        out.put(name, std::string_view("*"));
    else
        out.put(name, std::string_view(std::to_string(field.values)));
}

void put(Canonical &out, const model::Calendar &calendar)
{
    put(out, "month", calendar.month);
    put(out, "day-of-month", calendar.day_of_month);
    put(out, "day-of-week", calendar.day_of_week);
    put(out, "hour", calendar.hour);
    put(out, "minute", calendar.minute);
    put(out, "second", calendar.second);
    out.put("timezone-offset", std::optional<std::chrono::seconds>(calendar.timezone_offset));
    out.put("start", calendar.start);
    out.put("end", calendar.end);
}

void put(Canonical &out, const model::Event &event)
{
    out.put("event", std::string_view(event.name));
    out.put("random-spread", event.random_spread);
    out.put("cycle-interval", event.cycle_interval);
    std::visit(
        [&out](const auto &type) {
            using Type = std::decay_t<decltype(type)>;
            if constexpr (std::is_same_v<Type, model::Periodic>) {
                out.put("periodic", type.interval);
                out.put("start", type.start);
                out.put("end", type.end);
            } else if constexpr (std::is_same_v<Type, model::OneOff>) {
                out.put("one-off", type.time);
            } else if constexpr (std::is_same_v<Type, model::Immediate>) {
                out.put("immediate", std::string_view());
            } else if constexpr (std::is_same_v<Type, model::Startup>) {
                out.put("startup", std::string_view());
            } else if constexpr (std::is_same_v<Type, model::Calendar>) {
                out.put("calendar", std::string_view());
                put(out, type);
            } else if constexpr (std::is_same_v<Type, model::ControllerLost>) {
                out.put("controller-lost", std::string_view());
            } else {
                static_assert(std::is_same_v<Type, model::ControllerConnected>);
                out.put("controller-connected", std::string_view());
            }
        },
        event.type);
}

void put(Canonical &out, const model::Task &task)
{
    out.put("task", std::string_view(task.name));
    for (const model::Function &function : task.functions) {
        out.put("function", std::string_view(function.uri));
        out.put("role", function.roles);
    }
    out.put("program", task.program);
    out.put(task.options);
    out.put("tag", task.tags);
}

void put(Canonical &out, const model::Action &action)
{
    out.put("action", std::string_view(action.name));
    out.put("of", std::string_view(action.task));
    out.put(action.options);
    out.put("destination", action.destinations);
    out.put("tag", action.tags);
    out.put("suppression-tag", action.suppression_tags);
}

class Events {
public:
    explicit Events(const model::Instruction &instruction)
    {
        for (const model::Event &event : instruction.events)
            by_name_.emplace(event.name, &event);
    }
    std::optional<model::Event> find(const std::optional<std::string> &name) const
    {
        const auto found = name ? by_name_.find(*name) : by_name_.end();
        return found == by_name_.end() ? std::nullopt : std::optional(*found->second);
    }

private:
    std::map<std::string_view, const model::Event *> by_name_;
};

const char *name_of(model::ExecutionMode mode)
{
    switch (mode) {
    case model::ExecutionMode::sequential:
        return "sequential";
    case model::ExecutionMode::parallel:
        return "parallel";
    case model::ExecutionMode::pipelined:
        return "pipelined";
    }
    return "";
}

} // namespace

std::uint64_t fingerprint_of(const Work &work)
{
    Canonical out;
    out.put("schedule", std::string_view(work.schedule.name));
    out.put("mode", std::string_view(name_of(work.schedule.execution_mode)));
    out.put("tag", work.schedule.tags);
    out.put("suppression-tag", work.schedule.suppression_tags);
    put(out, work.event);
    for (std::size_t i = 0; i < work.schedule.actions.size(); ++i) {
        put(out, work.schedule.actions[i]);
        put(out, work.tasks[i]);
    }
    out.put("end", work.schedule.end);
    if (work.end)
        put(out, *work.end);
    out.put("duration", work.schedule.duration);
    return out.hash();
}

std::uint64_t fingerprint_of(const Suppressing &suppressing)
{
    const model::Suppression &suppression = suppressing.suppression;
    Canonical out;
    out.put("suppression", std::string_view(suppression.name));
    out.put("start", suppression.start);
    if (suppressing.start)
        put(out, *suppressing.start);
    out.put("end", suppression.end);
    if (suppressing.end)
        put(out, *suppressing.end);
    out.put("match", suppression.match);
    if (suppression.stop_running)
        out.put("stop-running", std::string_view());
    return out.hash();
}

std::vector<Work> works_of(const model::Instruction &instruction)
{
    const Events events(instruction);
    std::map<std::string_view, const model::Task *> tasks;
    for (const model::Task &task : instruction.tasks)
        tasks.emplace(task.name, &task);

    std::vector<Work> works;
    for (const model::Schedule &schedule : instruction.schedules) {
        const std::optional<model::Event> start = events.find(schedule.start);
        if (!start || schedule.actions.empty())
            continue;
        Work work{schedule, *start, {}, 0, events.find(schedule.end)};
        for (const model::Action &action : schedule.actions) {
            const auto task = tasks.find(action.task);
            if (task != tasks.end())
                work.tasks.push_back(*task->second);
            else
                work.tasks.emplace_back().name = action.task;
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
        Suppressing one{suppression, events.find(suppression.start), events.find(suppression.end), 0};
        if (suppression.match.empty() || (suppression.start && !one.start))
            continue;
        one.fingerprint = fingerprint_of(one);
        all.push_back(std::move(one));
    }
    return all;
}

} // namespace sonde::schedule
