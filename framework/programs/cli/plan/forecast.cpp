#include "programs/cli/plan/forecast.hpp"

#include <chrono>
#include <limits>
#include <utility>

namespace sonde::cli {

namespace {

std::uint64_t product(std::uint64_t a, std::uint64_t b)
{
    std::uint64_t result = 0;
    return __builtin_mul_overflow(a, b, &result) ? std::numeric_limits<std::uint64_t>::max() : result;
}

} // namespace

double Forecast::days() const
{
    return std::chrono::duration<double, std::ratio<86'400>>(time.until - time.from).count();
}

std::uint64_t Forecast::runs() const
{
    std::uint64_t sum = 0;
    for (const auto &schedule : actions)
        for (const ActionForecast &action : schedule)
            sum += action.runs;
    return sum;
}

std::uint64_t Forecast::planned() const
{
    std::uint64_t sum = runs();
    for (const auto &schedule : actions)
        for (const ActionForecast &action : schedule)
            sum += action.not_started.sum();
    return sum;
}

std::uint64_t Forecast::daily_bytes(const ActionForecast &action) const
{
    const double bytes = static_cast<double>(action.bytes_max.value_or(0)) / days();
    constexpr double most = 1.8e19;
    return static_cast<std::uint64_t>(bytes < most ? bytes : most);
}

std::uint64_t Forecast::daily_bytes() const
{
    std::uint64_t sum = 0;
    for (const auto &schedule : actions)
        for (const ActionForecast &action : schedule)
            if (__builtin_add_overflow(sum, daily_bytes(action), &sum))
                return std::numeric_limits<std::uint64_t>::max();
    return sum;
}

Forecast forecast_line(const model::Instruction &instruction, Costs costs, std::uint64_t seed,
                       const SimulatedTime &time, Timeline &timeline)
{
    Forecast line{instruction, std::move(costs), time, {}, 1, {1, time.until}, {}};
    auto &actions = line.actions;
    for (const model::Schedule &schedule : instruction.schedules)
        actions.emplace_back(schedule.actions.size());
    MeetingWatch watch(line.costs);
    const auto begins = [&](ActionPlace place, WallTime since, WallTime at) {
        ActionForecast &action = actions[place.schedule][place.action];
        ++action.runs;
        if (!action.first)
            action.first = at;
        action.last = at;
        timeline.add(place.schedule, at);
        watch.begins(place, since);
    };
    const auto ends = [&](ActionPlace place, WallTime at) { watch.ends(place, at); };
    const auto not_started = simulate(instruction, line.costs, {seed, 0}, time, {begins, ends});
    for (std::size_t schedule = 0; schedule < actions.size(); ++schedule) {
        for (std::size_t i = 0; i < actions[schedule].size(); ++i) {
            ActionForecast &action = actions[schedule][i];
            action.not_started = not_started[schedule][i];
            if (const auto bytes = line.costs[schedule][i].bytes_max)
                action.bytes_max = product(*bytes, action.runs);
        }
    }
    line.fleet.meetings = watch.met();
    return line;
}

std::string name_of(const model::Instruction &instruction, ActionPlace place)
{
    const model::Schedule &schedule = instruction.schedules[place.schedule];
    return schedule.name + "/" + schedule.actions[place.action].name;
}

} // namespace sonde::cli
