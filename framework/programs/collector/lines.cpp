#include "lines.hpp"

#include "model/date_time.hpp"
#include "model/outcomes.hpp"
#include "model/row_json.hpp"

namespace sonde::collector {

namespace {

void member(std::string &lines, std::string_view name, std::string_view value)
{
    model::append_member(lines, name, value);
    lines += ',';
}

void optional_member(std::string &lines, std::string_view name, const std::optional<std::string> &value)
{
    if (value)
        member(lines, name, *value);
    else
        lines.append("\"").append(name).append("\":null,");
}

std::optional<std::string> when(const std::optional<WallTime> &time)
{
    return time ? std::optional(model::format_timestamp(*time)) : std::nullopt;
}

void conflicts(std::string &lines, const std::optional<std::vector<model::Conflict>> &all)
{
    lines += ",\"conflict\":";
    if (!all) {
        lines += "null";
        return;
    }
    lines += '[';
    for (const model::Conflict &one : *all) {
        lines += &one == &all->front() ? "{" : ",{";
        member(lines, "schedule", one.schedule);
        member(lines, "action", one.action);
        model::append_member(lines, "task", one.task);
        lines += '}';
    }
    lines += ']';
}

void number(std::string &lines, std::string_view name, auto value)
{
    lines.append(",\"").append(name).append("\":").append(std::to_string(value));
}

} // namespace

void append_result(std::string &lines, const store::ResultRow &row)
{
    const model::ReportedResult &result = row.result;
    lines += '{';
    member(lines, "agent", to_string(row.agent));
    member(lines, "run", to_string(result.run));
    member(lines, "method", result.method);
    member(lines, "plugin_version", result.plugin_version);
    member(lines, "plugin_hash", result.plugin_hash);
    member(lines, "table", row.table);
    member(lines, "schedule", result.schedule);
    member(lines, "action", result.action);
    member(lines, "task", result.task);
    member(lines, "result_start", model::format_timestamp(result.start));
    optional_member(lines, "result_end", when(result.end));
    optional_member(lines, "event", when(result.event));
    optional_member(lines, "cycle_number", result.cycle_number);
    lines.append("\"result_status\":").append(row.run_status ? std::to_string(*row.run_status) : "null");
    conflicts(lines, row.run_conflicts);
    if (!row.columns.empty())
        lines += ',';
    model::append_members(lines, row.columns, row.cells);
    lines += "}\n";
}

void append_outcome(std::string &lines, const store::StoredOutcome &stored)
{
    const model::ReportedResult result = model::outcomes_result({&stored.outcome, 1}, {}, stored.outcome.run, {});
    lines += '{';
    member(lines, "agent", to_string(stored.agent));
    model::append_members(lines, result.tables.front().columns, result.tables.front().rows.front());
    lines += "}\n";
}

void append_sum(std::string &lines, const store::OutcomeSum &sum)
{
    lines += '{';
    member(lines, "agent", to_string(sum.agent));
    model::append_member(lines, "schedule", sum.schedule);
    number(lines, "planned", sum.planned);
    for (const model::OutcomeWord word : model::kOutcomeWords) {
        const auto found = sum.by_word.find(word);
        number(lines, model::to_string(word), found == sum.by_word.end() ? 0 : found->second);
    }
    number(lines, "rows", sum.rows);
    number(lines, "rows_dropped", sum.rows_dropped);
    lines += "}\n";
}

void append_traced(std::string &lines, const store::TracedRun &run)
{
    lines += '{';
    member(lines, "agent", to_string(run.agent));
    member(lines, "run", to_string(run.run));
    member(lines, "schedule", run.schedule);
    member(lines, "action", run.action);
    member(lines, "task", run.task);
    optional_member(lines, "outcome", run.outcome);
    optional_member(lines, "first_event", when(run.first_event));
    optional_member(lines, "start", when(run.start));
    optional_member(lines, "end", when(run.end));
    optional_member(lines, "outcome_stored", when(run.outcome_stored));
    optional_member(lines, "rows_stored", when(run.rows_stored));
    lines.append("\"whole\":").append(run.whole ? "true" : "false");
    lines.append(",\"lateness_ns\":").append(run.lateness ? std::to_string(run.lateness->count()) : "null");
    number(lines, "count", run.count);
    number(lines, "parts", run.parts);
    number(lines, "rows", run.rows);
    lines += "}\n";
}

void append_agent(std::string &lines, const store::SeenAgent &agent)
{
    lines += '{';
    member(lines, "agent", to_string(agent.agent));
    member(lines, "group", agent.group);
    member(lines, "first_seen", model::format_timestamp(agent.first_seen));
    model::append_member(lines, "last_seen", model::format_timestamp(agent.last_seen));
    number(lines, "results", agent.results);
    lines.append(",\"clock_synchronised\":")
        .append(!agent.clock                ? "null"
                : agent.clock->synchronised ? "true"
                                            : "false");
    const bool estimated = agent.clock && agent.clock->estimated_error_us;
    lines.append(",\"clock_error_us\":").append(estimated ? std::to_string(*agent.clock->estimated_error_us) : "null");
    lines += "}\n";
}

} // namespace sonde::collector
