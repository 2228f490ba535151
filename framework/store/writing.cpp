#include "store/writing.hpp"

#include "model/outcomes.hpp"
#include "store/cells.hpp"
#include "store/layouts.hpp"
#include "store/outcomes.hpp"

namespace sonde::store {

namespace {

std::optional<bool> synchronised_of(const model::Report &report)
{
    return report.clock ? std::optional(report.clock->synchronised) : std::nullopt;
}

std::optional<std::uint32_t> error_of(const model::Report &report)
{
    return report.clock ? report.clock->estimated_error_us : std::nullopt;
}

Result<std::int64_t> put_agent(sqlite::Connection &db, const Uuid &agent, const model::Report &report,
                               WallTime received)
{
    const auto id = to_string(agent);
    const auto seen = db.run("INSERT INTO _agent VALUES(NULL, ?1, ?2, ?3, ?3, 0, ?4, ?5) ON CONFLICT (agent) DO "
                             "UPDATE SET last_seen = max(last_seen, ?3), group_id = ?2, clock_synchronised = ?4, "
                             "clock_error_us = ?5",
                             id, report.group_id.value_or(""), received, synchronised_of(report), error_of(report));
    if (!seen)
        return seen.error();
    return db.integer("SELECT id FROM _agent WHERE agent = ?", id);
}

// The new result's id, or 0 for a duplicate.
Result<std::int64_t> put_head(sqlite::Connection &db, std::int64_t agent, const model::Report &report,
                              const model::ReportedResult &result, WallTime received)
{
    const auto stored = db.run(
        "INSERT INTO _result VALUES(NULL, ?,?,?, ?,?,?, ?,?,?, ?,?,?, ?,?, ?,?,?, ?,?,?, ?,?,?, ?, ?,?, ?) "
        "ON CONFLICT (agent, epoch, sequence) DO NOTHING",
        agent, to_string(result.identity.epoch), result.identity.sequence, to_string(result.run), result.part,
        result.last, result.method, result.method_version, result.plugin_hash, result.schedule, result.action,
        result.task, encode_options(result.options), encode_strings(result.tags), result.event, result.start,
        result.end, result.cycle_number, result.status, result.message, report.group_id, report.measurement_point,
        received, result.plugin_version, synchronised_of(report), error_of(report), encode_conflicts(result.conflicts));
    if (!stored)
        return stored.error();
    return *stored == 0 ? 0 : db.last_insert_id();
}

Result<void> put_rows(sqlite::Connection &db, std::int64_t result, std::int64_t layout, const model::Table &table)
{
    if (table.rows.empty())
        return {};
    std::int64_t first = 0;
    for (const auto &row : table.rows) {
        if (auto stored = db.run("INSERT INTO _row VALUES(NULL, ?)", encode_cells(table.columns, row)); !stored)
            return stored.error();
        if (first == 0)
            first = db.last_insert_id();
    }
    return db.change("INSERT INTO _part VALUES(?, ?, ?, ?)", db.last_insert_id(), first, result, layout);
}

Result<void> put_tables(sqlite::Connection &db, Layouts &layouts, std::int64_t id, const model::ReportedResult &result)
{
    std::size_t position = 0;
    for (const auto &table : result.tables) {
        const auto layout = layouts.put(db, result.method, table, position++);
        if (!layout)
            return layout.error();
        if (auto stored = put_rows(db, id, *layout, table); !stored)
            return stored;
    }
    return {};
}

} // namespace

Result<Stored> put_report(sqlite::Connection &db, const Uuid &agent, const model::Report &report, WallTime received)
{
    const auto agent_id = put_agent(db, agent, report, received);
    if (!agent_id)
        return agent_id.error();
    Layouts layouts(*agent_id);
    if (auto known = layouts.look_up(db, report); !known)
        return known.error();
    Stored stored;
    if (auto refused = layouts.too_many()) {
        stored.refused = std::move(refused);
        return stored;
    }
    for (const auto &result : report.results) {
        const auto id = put_head(db, *agent_id, report, result, received);
        if (!id)
            return id.error();
        if (*id == 0) {
            ++stored.duplicates;
            continue;
        }
        ++stored.stored;
        if (auto put = put_tables(db, layouts, *id, result); !put)
            return put.error();
        if (model::is_outcomes(result))
            if (auto put = put_outcomes(db, *agent_id, result); !put)
                return put.error();
    }
    const auto counted = db.run("UPDATE _agent SET results = results + ? WHERE id = ?", stored.stored, *agent_id);
    if (!counted)
        return counted.error();
    return stored;
}

} // namespace sonde::store
