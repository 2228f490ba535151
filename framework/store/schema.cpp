#include "store/schema.hpp"

#include "store/views.hpp"

namespace sonde::store {

namespace {

// Times are nanoseconds since the Unix epoch, UUIDs their 36 characters.
constexpr const char *kCollectorTables = R"sql(
CREATE TABLE _agent(
    id INTEGER PRIMARY KEY, agent TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL, first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL, results INTEGER NOT NULL);

CREATE TABLE _result(
    id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES _agent(id), epoch TEXT NOT NULL, sequence INTEGER NOT NULL,
    run TEXT NOT NULL, part INTEGER NOT NULL, last INTEGER NOT NULL, method TEXT NOT NULL, method_version TEXT NOT NULL,
    plugin_hash TEXT NOT NULL, schedule TEXT NOT NULL, action TEXT NOT NULL, task TEXT NOT NULL, options TEXT NOT NULL,
    tags TEXT NOT NULL, event INTEGER, start INTEGER NOT NULL, end INTEGER, cycle_number TEXT, status INTEGER NOT NULL,
    message TEXT NOT NULL, group_id TEXT, measurement_point TEXT, received INTEGER NOT NULL,
    UNIQUE (agent, epoch, sequence));
CREATE INDEX _result_run ON _result(run);
CREATE INDEX _result_start ON _result(start);
CREATE INDEX _result_agent_start ON _result(agent, start);

-- A table as a method delivered it: its position in the result, its columns as JSON. A newer plugin has another one.
CREATE TABLE _layout(
    id INTEGER PRIMARY KEY, method TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, columns TEXT NOT NULL,
    UNIQUE (method, name, position, columns));

-- Rows have their cells as a JSON array, and no index: those of one table of one result follow each other, and _part
-- says from where to where.
CREATE TABLE _row(id INTEGER PRIMARY KEY, cells TEXT NOT NULL);
CREATE TABLE _part(
    last_row INTEGER PRIMARY KEY, first_row INTEGER NOT NULL, result INTEGER NOT NULL REFERENCES _result(id),
    layout INTEGER NOT NULL REFERENCES _layout(id));
CREATE INDEX _part_result ON _part(result);
CREATE INDEX _part_layout ON _part(layout);

-- An outcome is corrected by a later one of the same run: rows may be dropped after it was sent.
CREATE TABLE _outcome(
    id INTEGER PRIMARY KEY, agent INTEGER NOT NULL REFERENCES _agent(id), run TEXT NOT NULL, schedule TEXT NOT NULL,
    action TEXT NOT NULL, task TEXT NOT NULL, outcome TEXT NOT NULL, status INTEGER NOT NULL, blame TEXT NOT NULL,
    message TEXT NOT NULL, first_event INTEGER NOT NULL, last_event INTEGER NOT NULL, count INTEGER NOT NULL,
    start INTEGER, end INTEGER, lateness INTEGER NOT NULL, rows INTEGER NOT NULL, rows_dropped INTEGER NOT NULL,
    sent_bytes INTEGER NOT NULL, received_bytes INTEGER NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL,
    UNIQUE (agent, run, action));
CREATE INDEX _outcome_event ON _outcome(first_event);

-- Which view shows which table.
CREATE TABLE _view(
    name TEXT PRIMARY KEY, method TEXT NOT NULL, table_name TEXT NOT NULL, UNIQUE (method, table_name)) WITHOUT ROWID;
INSERT INTO _view VALUES ('agents', '', 'agents'), ('results', '', 'results'), ('outcomes', 'outcomes', 'outcomes');
)sql";

// Who made a layout first, since that is bounded; and what sums of outcomes are paged by.
constexpr const char *kBounds = R"sql(
ALTER TABLE _layout ADD COLUMN agent INTEGER REFERENCES _agent(id);
CREATE INDEX _layout_agent ON _layout(agent);
CREATE INDEX _outcome_schedule ON _outcome(agent, schedule);
)sql";

// Queries walk an index in the order that they give their rows in, from where the page before ended.
constexpr const char *kOrders = R"sql(
DROP INDEX _result_run;
CREATE INDEX _result_run ON _result(run, start);
CREATE INDEX _result_method_start ON _result(method, start);
DROP INDEX _outcome_event;
CREATE INDEX _outcome_event ON _outcome(last_event, first_event);
CREATE INDEX _outcome_agent_event ON _outcome(agent, last_event, first_event);
)sql";

std::string time(const std::string &column)
{
    return time_text(column) + " AS " + column;
}

// By the beginning of a run's UUID.
constexpr const char *kTraces = "CREATE INDEX _outcome_run ON _outcome(run);\n";

// `plugin`: the columns that say which one it was, and what came after these. A part that is not the last one has no
// status and message yet.
std::string results_view(const std::string &plugin)
{
    return "CREATE VIEW results AS SELECT _result.id AS result, _agent.agent AS agent, run, part, last, method, "
           "method_version, " +
           plugin + ", schedule, action, task, options, tags, " + time("event") + ", " + time("start") + ", " +
           time("end") +
           ", cycle_number, CASE WHEN last THEN status END AS status, CASE WHEN last THEN message END AS message, "
           "epoch, sequence, " +
           time("received") + " FROM _result JOIN _agent ON _agent.id = _result.agent;\n";
}

// `clock`: the columns of its clock.
std::string agents_view(const std::string &clock)
{
    return "CREATE VIEW agents AS SELECT agent, group_id, " + time("first_seen") + ", " + time("last_seen") +
           ", results" + clock + " FROM _agent;\n";
}

std::string outcomes_view()
{
    return "CREATE VIEW outcomes AS SELECT _agent.agent AS agent, run, schedule, action, task, outcome, status, blame, "
           "message, " +
           time("first_event") + ", " + time("last_event") + ", count, " + time("start") + ", " + time("end") +
           ", lateness / 1000.0 AS lateness_us, rows, rows_dropped, sent_bytes, received_bytes "
           "FROM _outcome JOIN _agent ON _agent.id = _outcome.agent;\n";
}

std::string own_views()
{
    return agents_view("") + results_view("plugin_hash") + outcomes_view();
}

constexpr const char *kPluginAndClock =
    "plugin_hash, plugin_version, _result.clock_synchronised AS clock_synchronised, "
    "_result.clock_error_us AS clock_error_us";

std::string plugin_versions()
{
    return "ALTER TABLE _result ADD COLUMN plugin_version TEXT NOT NULL DEFAULT '';\nDROP VIEW results;\n" +
           results_view("plugin_hash, plugin_version");
}

// What the report said with which a result came, and the agent's last report.
std::string clock_states()
{
    std::string steps;
    for (const char *table : {"_result", "_agent"})
        for (const char *column : {"clock_synchronised", "clock_error_us"})
            steps += std::string("ALTER TABLE ") + table + " ADD COLUMN " + column + " INTEGER;\n";
    return steps + "DROP VIEW agents;\nDROP VIEW results;\n" + agents_view(", clock_synchronised, clock_error_us") +
           results_view(kPluginAndClock);
}

// Lateness is null where nothing ran, which had been 0.
std::string unknown_lateness()
{
    return "DROP VIEW outcomes;\nALTER TABLE _outcome ADD COLUMN late INTEGER;\n"
           "UPDATE _outcome SET late = lateness WHERE lateness <> 0;\nALTER TABLE _outcome DROP COLUMN lateness;\n"
           "ALTER TABLE _outcome RENAME COLUMN late TO lateness;\n" +
           outcomes_view();
}

std::string statuses_of_parts()
{
    return "DROP VIEW results;\n" + results_view(kPluginAndClock);
}

// What overlapped a run; null in the results of before, of which nobody knows. A run's last part has it.
std::string conflicts()
{
    return "ALTER TABLE _result ADD COLUMN conflict TEXT;\nDROP VIEW results;\n" +
           results_view(std::string(kPluginAndClock) + ", CASE WHEN last THEN conflict END AS conflict");
}

} // namespace

const std::vector<std::string> &repository_migrations()
{
    static const std::vector<std::string> steps = {kCollectorTables + own_views(),
                                                   kBounds,
                                                   kOrders,
                                                   plugin_versions(),
                                                   clock_states(),
                                                   kTraces,
                                                   statuses_of_parts(),
                                                   unknown_lateness(),
                                                   conflicts()};
    return steps;
}

} // namespace sonde::store
