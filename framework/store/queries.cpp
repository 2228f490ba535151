#include "store/queries.hpp"

#include "store/cells.hpp"
#include "store/views.hpp"

#include <algorithm>

namespace sonde::store {

namespace {

// The joins are in the order of the loops, so that the outermost one walks an index in the order of the rows.
constexpr const char *kParts =
    "SELECT first_row, last_row, _part.result, _part.layout FROM _result "
    "CROSS JOIN _part ON _part.result = _result.id CROSS JOIN _layout ON _layout.id = _part.layout";

const std::string kHead =
    std::string("SELECT _layout.name, columns, _agent.agent, epoch, sequence, run, part, last, _result.method, "
                "method_version, plugin_hash, schedule, action, task, options, tags, event, start, end, cycle_number, "
                "status, message, plugin_version, ") +
    kRunStatus + ", " + kRunConflicts +
    " FROM _result JOIN _agent ON _agent.id = _result.agent JOIN _layout ON _layout.id = ?2 WHERE "
    "_result.id = ?1";

// Each of run, agent and method has an index with the start behind it. The rarest is walked; a plus keeps SQLite, which
// knows nothing of how rare they are, from another's. Several agents have no order in common, so they are looked at row
// by row.
Where result_conditions(const ResultQuery &query)
{
    Where where;
    const bool by_run = query.run.has_value();
    const bool by_agent = !by_run && query.agents.size() == 1;
    if (by_run)
        where.add("_result.run = ?", to_string(*query.run));
    if (!query.agents.empty())
        where.add_any(by_agent ? "_result.agent = (SELECT id FROM _agent WHERE agent IN"
                               : "+_result.agent IN (SELECT id FROM _agent WHERE agent IN",
                      query.agents, ")");
    if (query.method)
        where.add(by_run || by_agent ? "+_result.method = ?" : "_result.method = ?", *query.method);
    if (query.task)
        where.add("_result.task = ?", *query.task);
    if (query.table && query.table->empty())
        where.add("_layout.position = 0");
    else if (query.table)
        where.add("_layout.name = ?", *query.table);
    if (query.to)
        where.add("_result.start < ?", *query.to);
    if (query.after) {
        where.add("(_result.start, _result.id) >= (?, ?)", query.after->start, query.after->result);
        where.add("(_result.id <> ? OR _part.last_row > ?)", query.after->result, query.after->row);
    } else if (query.from) {
        where.add("_result.start >= ?", *query.from); // beside the place it would be what the index is searched by
    }
    return where;
}

// What the rows of one table of one result have in common.
struct Head {
    Uuid agent;
    model::ReportedResult result;
    std::optional<std::int32_t> run_status{};
    std::optional<std::vector<model::Conflict>> run_conflicts{};
    std::string table;
    std::vector<model::Column> columns;
};

Result<Head> to_head(const sqlite::Rows &rows)
{
    auto columns = decode_columns(rows.text(1));
    auto options = decode_options(rows.text(14));
    auto tags = decode_strings(rows.text(15));
    if (!columns)
        return columns.error();
    if (!options)
        return options.error();
    if (!tags)
        return tags.error();
    Head head{rows.uuid(2), {}, {}, {}, rows.string(0), std::move(*columns)};
    auto &result = head.result;
    result.identity = {rows.uuid(3), static_cast<std::uint64_t>(rows.integer(4))};
    result.run = rows.uuid(5);
    result.part = static_cast<std::uint32_t>(rows.integer(6));
    result.last = rows.integer(7) != 0;
    result.method = rows.text(8);
    result.method_version = rows.text(9);
    result.plugin_hash = rows.text(10);
    result.schedule = rows.text(11);
    result.action = rows.text(12);
    result.task = rows.text(13);
    result.options = std::move(*options);
    result.tags = std::move(*tags);
    result.event = rows.optional_time(16);
    result.start = rows.time(17);
    result.end = rows.optional_time(18);
    result.cycle_number = rows.optional_string(19);
    result.status = static_cast<std::int32_t>(rows.integer(20));
    result.message = rows.text(21);
    result.plugin_version = rows.text(22);
    if (!rows.null(23))
        head.run_status = static_cast<std::int32_t>(rows.integer(23));
    if (!rows.null(24)) {
        auto conflicts = decode_conflicts(rows.text(24));
        if (!conflicts)
            return conflicts.error();
        if (result.last)
            result.conflicts = *conflicts;
        head.run_conflicts = std::move(*conflicts);
    }
    return head;
}

Result<Head> read_head(sqlite::Connection &db, std::int64_t result, std::int64_t layout)
{
    auto rows = db.query(kHead, result, layout);
    if (rows.next())
        return to_head(rows);
    if (auto end = rows.end(); !end)
        return end.error();
    return Error{"repository", "result " + std::to_string(result) + " is missing", ""};
}

// Gives the rows from `first` to `last` of a result. False when the page ends before them all.
Result<bool> read_rows(sqlite::Connection &db, std::int64_t first, std::int64_t last, std::int64_t result,
                       const Head &head, const ResultQuery &query, const std::function<bool(const ResultRow &)> &sink,
                       Page &page)
{
    if (query.after && query.after->result == result)
        first = std::max(first, query.after->row + 1);
    auto rows = db.query("SELECT id, cells FROM _row WHERE id BETWEEN ? AND ? ORDER BY id", first, last);
    while (rows.next()) {
        // One row more than asked for tells that there is another page.
        if (page.rows == query.limit)
            return false;
        auto cells = decode_cells(rows.text(1));
        if (!cells)
            return cells.error();
        ++page.rows;
        page.next = ResultPlace{head.result.start, result, rows.integer(0)};
        if (!sink({head.agent, head.result, head.run_status, head.run_conflicts, head.table, head.columns,
                   std::move(*cells)}))
            return false;
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return true;
}

} // namespace

Select select_parts(const ResultQuery &query)
{
    Where where = result_conditions(query);
    return {kParts + where.sql() + " ORDER BY _result.start, _result.id, _part.last_row", std::move(where)};
}

Result<Page> read_results(sqlite::Connection &db, const ResultQuery &query,
                          const std::function<bool(const ResultRow &)> &sink)
{
    const Select select = select_parts(query);
    auto parts = db.query_values(select.sql, select.where.values());
    Page page;
    page.next = query.after;
    while (parts.next()) {
        const std::int64_t result = parts.integer(2);
        const auto head = read_head(db, result, parts.integer(3));
        if (!head)
            return head.error();
        const auto whole = read_rows(db, parts.integer(0), parts.integer(1), result, *head, query, sink, page);
        if (!whole)
            return whole.error();
        if (!*whole)
            return page;
    }
    if (auto end = parts.end(); !end)
        return end.error();
    page.next.reset();
    return page;
}

Result<std::vector<SeenAgent>> read_agents(sqlite::Connection &db, const std::optional<Uuid> &after, std::size_t limit)
{
    std::vector<SeenAgent> agents;
    auto rows = db.query("SELECT agent, group_id, first_seen, last_seen, results, clock_synchronised, clock_error_us "
                         "FROM _agent WHERE agent > ? ORDER BY agent LIMIT ?",
                         after ? to_string(*after) : std::string(), limit);
    while (rows.next()) {
        SeenAgent &agent = agents.emplace_back();
        agent = {rows.uuid(0), rows.string(1), rows.time(2), rows.time(3), static_cast<std::uint64_t>(rows.integer(4))};
        if (rows.null(5))
            continue;
        agent.clock.emplace().synchronised = rows.integer(5) != 0;
        if (!rows.null(6))
            agent.clock->estimated_error_us = static_cast<std::uint32_t>(rows.integer(6));
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return agents;
}

} // namespace sonde::store
