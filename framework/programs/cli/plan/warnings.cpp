#include "model/date_time.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/plan/forecast.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace sonde::cli {

namespace {

const model::Event *event_of(const model::Instruction &instruction, const std::string &name)
{
    const auto found = std::find_if(instruction.events.begin(), instruction.events.end(),
                                    [&](const model::Event &event) { return event.name == name; });
    return found == instruction.events.end() ? nullptr : &*found;
}

std::string counted(std::uint64_t number, const char *noun)
{
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

// Why a schedule of which nothing runs does not.
std::string idle_reason(const Forecast &forecast, const model::Schedule &schedule)
{
    const model::Event *event = event_of(forecast.instruction, schedule.start);
    if (event != nullptr && std::holds_alternative<model::ControllerLost>(event->type))
        return "runs when the controller is lost, which is not simulated";
    if (event != nullptr && std::holds_alternative<model::ControllerConnected>(event->type))
        return "runs when the controller is reached again, which is not simulated";
    return "does not run in this time: its event '" + schedule.start + "' does not trigger";
}

void warn_of_schedule(const Forecast &forecast, std::size_t number, std::vector<std::string> &warnings)
{
    const model::Schedule &schedule = forecast.instruction.schedules[number];
    std::uint64_t runs = 0;
    NotStarted sum;
    for (const ActionForecast &action : forecast.actions[number]) {
        runs += action.runs;
        sum += action.not_started;
    }
    const std::string where = "schedule '" + schedule.name + "'";
    const std::uint64_t planned = runs + sum.sum();
    const std::string of = " of its " + counted(planned, "planned run");
    if (planned == 0)
        warnings.push_back(where + " " + idle_reason(forecast, schedule));
    if (sum.overlapped > 0)
        warnings.push_back(where + ": " + std::to_string(sum.overlapped) + of +
                           " overlap the run before, if each takes " + human_setting(forecast.time.run_time.count()));
    if (sum.suppressed > 0)
        warnings.push_back(where + ": " + std::to_string(sum.suppressed) + of + " are suppressed");
    if (sum.missed > 0)
        warnings.push_back(where + ": " + std::to_string(sum.missed) + of + " are missed: their time is past");
    if (sum.not_met > 0)
        warnings.push_back(where + ": " + std::to_string(sum.not_met) + of +
                           " are not met: they are outside of their local-time-window, retries and all");
    if (sum.interrupted > 0)
        warnings.push_back(where + ": " + std::to_string(sum.interrupted) + of +
                           " do not start before its end, if each takes " +
                           human_setting(forecast.time.run_time.count()));
    for (std::size_t i = 0; i < schedule.actions.size(); ++i) {
        const std::string name = name_of(forecast.instruction, {number, i});
        const ActionCost &cost = forecast.costs[number][i];
        if (!cost.unknown.empty())
            warnings.push_back("action '" + name + "': its bytes and targets are not known: " + cost.unknown);
        else if (!cost.reports && cost.active && !cost.bytes_max)
            warnings.push_back("action '" + name + "': its method does not say how many bytes a run takes");
    }
}

void warn_of_suppressions(const Forecast &forecast, std::vector<std::string> &warnings)
{
    std::uint64_t suppressed = 0;
    for (const auto &schedule : forecast.actions)
        for (const ActionForecast &action : schedule)
            suppressed += action.not_started.suppressed;
    if (suppressed == 0 && !forecast.instruction.suppressions.empty())
        warnings.push_back(counted(forecast.instruction.suppressions.size(), "suppression") +
                           ", and nothing is suppressed in this time");
}

// Runs that the budget refuses each time, as they may need more than it ever has.
void warn_of_refusals(const Forecast &forecast, std::vector<std::string> &warnings)
{
    const model::DataBudget &budget = forecast.instruction.agent.data_budget;
    const std::pair<std::optional<std::uint64_t>, const char *> limits[] = {
        {budget.burst_bytes, "at once"}, {budget.bytes_per_day, "a day"}, {budget.bytes_per_month, "a month"}};
    for (std::size_t i = 0; i < forecast.costs.size(); ++i)
        for (std::size_t j = 0; j < forecast.costs[i].size(); ++j)
            for (const auto &[limit, when] : limits) {
                const auto &bytes = forecast.costs[i][j].bytes_max;
                if (!limit || !bytes || *bytes <= *limit)
                    continue;
                warnings.push_back("action '" + name_of(forecast.instruction, {i, j}) +
                                   "': each run is refused: it may "
                                   "need " +
                                   human_bytes(*bytes) + ", and the data budget has " + human_bytes(*limit) + " " +
                                   when);
                break;
            }
}

void warn_of_budget(const Forecast &forecast, std::vector<std::string> &warnings)
{
    warn_of_refusals(forecast, warnings);
    const model::DataBudget &budget = forecast.instruction.agent.data_budget;
    const std::uint64_t day = forecast.daily_bytes();
    if (budget.bytes_per_day && day > *budget.bytes_per_day)
        warnings.push_back("a line may take " + human_bytes(day) + " a day, and the data budget is " +
                           human_bytes(*budget.bytes_per_day));
    constexpr std::uint64_t month = 30;
    if (budget.bytes_per_month && day > *budget.bytes_per_month / month)
        warnings.push_back("a line may take " + human_bytes(day) + " a day, and the data budget is " +
                           human_bytes(*budget.bytes_per_month) + " a month");
}

} // namespace

std::vector<std::string> warnings_of(const Forecast &forecast)
{
    std::vector<std::string> warnings;
    for (std::size_t number = 0; number < forecast.actions.size(); ++number)
        warn_of_schedule(forecast, number, warnings);
    warn_of_suppressions(forecast, warnings);
    warn_of_budget(forecast, warnings);
    for (const auto &[places, meeting] : forecast.fleet.meetings) {
        warnings.push_back("'" + name_of(forecast.instruction, places.first) + "' and '" +
                           name_of(forecast.instruction, places.second) +
                           "' meet, and one of them must be alone: it waits for its turn, in " +
                           std::to_string(meeting.agents) + " of " + counted(forecast.extent.agents, "agent"));
        if (meeting.overlapping > 0)
            warnings.back() +=
                "; " + std::to_string(meeting.overlapping) + " of " + counted(meeting.runs, "time") +
                " in vain: after " +
                std::to_string(std::chrono::duration_cast<std::chrono::seconds>(forecast.time.longest_wait).count()) +
                " s it begins all the same, and the results have it as conflict";
    }
    return warnings;
}

} // namespace sonde::cli
