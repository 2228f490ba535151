#include "model/json/object_text.hpp"
#include "programs/cli/plan/forecast.hpp"

#include <cmath>

namespace sonde::cli {

namespace {

using model::json::ObjectText;

std::uint64_t scaled_up(double by, std::uint64_t number)
{
    return static_cast<std::uint64_t>(std::llround(by * static_cast<double>(number)));
}

ObjectText &add_bytes(ObjectText &row, const char *name, double by, const std::optional<std::uint64_t> &bytes)
{
    return bytes ? row.add(name, scaled_up(by, *bytes)) : row.null(name);
}

} // namespace

std::vector<std::string> action_rows(const Forecast &forecast)
{
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < forecast.actions.size(); ++i) {
        const model::Schedule &schedule = forecast.instruction.schedules[i];
        for (std::size_t j = 0; j < schedule.actions.size(); ++j) {
            const ActionForecast &action = forecast.actions[i][j];
            ObjectText row;
            row.add("schedule", schedule.name).add("action", schedule.actions[j].name);
            row.add("event", schedule.start).add("runs", action.runs);
            if (action.bytes_max)
                row.add("daily_bytes", forecast.daily_bytes(action));
            else
                row.null("daily_bytes");
            row.add("first", action.first).add("last", action.last);
            row.add("overlapped", action.not_started.overlapped).add("suppressed", action.not_started.suppressed);
            row.add("interrupted", action.not_started.interrupted).add("missed", action.not_started.missed);
            row.add("not_met", action.not_started.not_met);
            rows.push_back(row.add("task", schedule.actions[j].task).text());
        }
    }
    return rows;
}

std::vector<std::string> load_rows(const Forecast &forecast)
{
    std::vector<std::string> rows;
    const double by = forecast.stands_for();
    for (const auto &[name, load] : forecast.fleet.loads) {
        const std::optional<Load::Minute> busiest = load.busiest_minute();
        ObjectText row;
        row.add("load", name.first).add("of", name.second).add("starts", scaled_up(by, load.starts()));
        row.add("per_minute", by * load.starts_per_minute_mean());
        row.add("busiest_minute", busiest ? std::optional(busiest->begin) : std::nullopt);
        row.add("in_minute", scaled_up(by, busiest ? busiest->starts : 0));
        row.add("in_second", scaled_up(by, load.busiest_second()));
        rows.push_back(add_bytes(row, "in_minute_bytes", by, busiest ? busiest->bytes_max : 0).text());
    }
    return rows;
}

std::vector<std::string> minute_rows(const Forecast &forecast)
{
    std::vector<std::string> rows;
    const double by = forecast.stands_for();
    for (const auto &[name, load] : forecast.fleet.loads) {
        for (std::size_t number = 0; number < load.minutes(); ++number) {
            const Load::Minute minute = load.minute(number);
            if (minute.starts == 0)
                continue;
            ObjectText row;
            row.add("minute", std::optional(minute.begin)).add("load", name.first).add("of", name.second);
            row.add("starts", scaled_up(by, minute.starts));
            rows.push_back(add_bytes(row, "bytes", by, minute.bytes_max).text());
        }
    }
    return rows;
}

std::vector<std::string> meeting_rows(const Forecast &forecast)
{
    std::vector<std::string> rows;
    const double by = forecast.stands_for();
    for (const auto &[places, meeting] : forecast.fleet.meetings) {
        ObjectText row;
        row.add("conflict", name_of(forecast.instruction, places.first));
        row.add("with", name_of(forecast.instruction, places.second));
        row.add("runs", scaled_up(by, meeting.runs)).add("agents", scaled_up(by, meeting.agents));
        row.add("overlapping", scaled_up(by, meeting.overlapping));
        rows.push_back(row.add("first", std::optional(meeting.first)).text());
    }
    return rows;
}

std::vector<std::string> warning_rows(const Forecast &forecast)
{
    std::vector<std::string> rows;
    for (const std::string &warning : warnings_of(forecast)) {
        ObjectText row;
        rows.push_back(row.add("warning", warning).text());
    }
    return rows;
}

std::string whole_row(const Forecast &forecast)
{
    ObjectText row;
    row.add("from", std::optional(forecast.time.from)).add("until", std::optional(forecast.time.until));
    row.add("runs", forecast.runs()).add("daily_bytes", forecast.daily_bytes());
    row.add("agents", forecast.agents).add("simulated_agents", forecast.extent.agents);
    return row.add("loads_until", std::optional(forecast.extent.until)).text();
}

} // namespace sonde::cli
