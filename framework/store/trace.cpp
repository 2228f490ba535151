#include "store/trace.hpp"

#include "model/outcomes.hpp"

#include <map>
#include <tuple>
#include <utility>

namespace sonde::store {

namespace {

// Beginnings of UUIDs are of hexadecimal digits and hyphens, all of which sort before this.
constexpr const char *kAfterAny = "g";

using Runs = std::map<std::tuple<Uuid, Uuid, std::string>, TracedRun>;

TracedRun &run_of(Runs &runs, const Uuid &agent, const Uuid &run, std::string action)
{
    TracedRun &traced = runs[{agent, run, action}];
    traced.agent = agent;
    traced.run = run;
    traced.action = std::move(action);
    return traced;
}

Result<void> read_parts(sqlite::Connection &db, const std::string &beginning, std::size_t limit, Runs &runs)
{
    auto rows = db.query(
        "SELECT _agent.agent, run, action, schedule, task, count(*), max(last), max(received), "
        "sum((SELECT coalesce(sum(last_row - first_row + 1), 0) FROM _part WHERE result = _result.id)) "
        "FROM _result JOIN _agent ON _agent.id = _result.agent WHERE run >= ?1 AND run < ?1 || ?2 AND method <> ?3 "
        "GROUP BY _agent.agent, run, action LIMIT ?4",
        beginning, kAfterAny, model::kOutcomesMethod, limit);
    while (rows.next()) {
        TracedRun &traced = run_of(runs, rows.uuid(0), rows.uuid(1), rows.string(2));
        traced.schedule = rows.text(3);
        traced.task = rows.text(4);
        traced.parts = static_cast<std::uint64_t>(rows.integer(5));
        traced.whole = rows.integer(6) != 0;
        traced.rows_stored = rows.optional_time(7);
        traced.rows = static_cast<std::uint64_t>(rows.integer(8));
    }
    return rows.end();
}

Result<void> read_traced_outcomes(sqlite::Connection &db, const std::string &beginning, std::size_t limit, Runs &runs)
{
    auto rows = db.query(
        "SELECT _agent.agent, _outcome.run, _outcome.action, _outcome.schedule, _outcome.task, outcome, first_event, "
        "_outcome.start, _outcome.end, lateness, received, count FROM _outcome JOIN _agent ON _agent.id = "
        "_outcome.agent LEFT JOIN _result ON _result.agent = _outcome.agent AND _result.epoch = _outcome.epoch AND "
        "_result.sequence = _outcome.sequence WHERE _outcome.run >= ?1 AND _outcome.run < ?1 || ?2 LIMIT ?3",
        beginning, kAfterAny, limit);
    while (rows.next()) {
        TracedRun &traced = run_of(runs, rows.uuid(0), rows.uuid(1), rows.string(2));
        traced.schedule = rows.text(3);
        traced.task = rows.text(4);
        traced.outcome = rows.string(5);
        traced.first_event = rows.optional_time(6);
        traced.start = rows.optional_time(7);
        traced.end = rows.optional_time(8);
        traced.lateness = rows.optional_duration(9);
        traced.outcome_stored = rows.optional_time(10);
        traced.count = static_cast<std::uint64_t>(rows.integer(11));
    }
    return rows.end();
}

} // namespace

Result<std::vector<TracedRun>> trace_runs(sqlite::Connection &db, const std::string &beginning, std::size_t limit)
{
    Runs runs;
    if (auto read = read_parts(db, beginning, limit, runs); !read)
        return read.error();
    if (auto read = read_traced_outcomes(db, beginning, limit, runs); !read)
        return read.error();
    std::vector<TracedRun> all;
    for (auto &[place, run] : runs)
        all.push_back(std::move(run));
    return all;
}

} // namespace sonde::store
