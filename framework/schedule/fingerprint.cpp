#include "schedule/timing.hpp"
#include "schedule/work.hpp"

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
    void put(std::string_view key, std::uint64_t value) { put(key, std::string_view(std::to_string(value))); }
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
    out.put("interface", task.interface);
    if (task.family)
        out.put("family", std::string_view(*task.family == model::Family::ipv4 ? "4" : "6"));
}

void put(Canonical &out, const model::Action &action)
{
    out.put("action", std::string_view(action.name));
    out.put("of", std::string_view(action.task));
    out.put(action.options);
    out.put("destination", action.destinations);
    out.put("tag", action.tags);
    out.put("suppression-tag", action.suppression_tags);
    out.put("report-table", action.report_tables);
}

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

void put(Canonical &out, const model::Constraint &constraint)
{
    out.put("constraint", std::string_view(constraint.name));
    std::visit(
        [&out](const auto &type) {
            using Type = std::decay_t<decltype(type)>;
            if constexpr (std::is_same_v<Type, model::LineIdle>) {
                out.put("line-idle", type.interface);
                out.put("bytes-per-second-max", type.bytes_per_second_max);
                out.put("window", type.window);
            } else if constexpr (std::is_same_v<Type, model::InterfaceUp>) {
                out.put("interface-up", std::string_view(type.interface));
            } else if constexpr (std::is_same_v<Type, model::OnBattery>) {
                out.put("on-battery", std::uint64_t{type.value});
            } else if constexpr (std::is_same_v<Type, model::LocalTimeWindow>) {
                out.put("local-time-from", std::chrono::seconds(type.from));
                out.put("local-time-until", std::chrono::seconds(type.until));
            } else if constexpr (std::is_same_v<Type, model::DataBudgetLeft>) {
                out.put("data-budget-left", type.bytes_min);
            } else {
                static_assert(std::is_same_v<Type, model::MethodResult>);
                out.put("result-of", std::string_view(type.task));
                out.put("table", std::string_view(type.table));
                out.put("column", std::string_view(type.column));
                out.put("comparison", std::uint64_t{static_cast<unsigned>(type.comparison)});
                out.put("with", std::string_view(type.value));
            }
        },
        constraint.type);
}

void put(Canonical &out, const model::Retries &retries)
{
    if (retries.max != model::Retries{}.max)
        out.put("retries", std::uint64_t{retries.max});
    if (retries.delay != model::Retries{}.delay)
        out.put("retry-delay", retries.delay);
}

} // namespace

std::uint64_t fingerprint_of(const Work &work)
{
    Canonical out;
    out.put("schedule", std::string_view(work.schedule.name));
    out.put("mode", std::string_view(name_of(work.schedule.execution_mode)));
    out.put("tag", work.schedule.tags);
    out.put("suppression-tag", work.schedule.suppression_tags);
    put(out, *work.event);
    for (std::size_t i = 0; i < work.schedule.actions.size(); ++i) {
        put(out, work.schedule.actions[i]);
        put(out, work.tasks[i]);
    }
    out.put("end", work.schedule.end);
    if (work.end)
        put(out, *work.end);
    out.put("duration", work.schedule.duration);
    for (const model::Constraint &constraint : work.schedule.constraints)
        put(out, constraint);
    for (const auto &[name, task] : work.constraint_tasks)
        put(out, task);
    put(out, work.schedule.retries);
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

} // namespace sonde::schedule
