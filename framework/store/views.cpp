#include "store/views.hpp"

#include "model/outcomes.hpp"
#include "store/cells.hpp"
#include "store/names.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace sonde::store {

namespace {

// An agent names its tables itself, and a hostile one might name millions. Results without a view are there all the
// same. Each new view makes SQLite read the whole schema again.
constexpr std::int64_t kViewsMost = 300;
constexpr std::int64_t kLayoutsMost = 50;

struct Layout {
    std::int64_t id = 0;
    std::map<std::string, std::string> values; // the view's column and its SQL
};

std::string value_sql(const model::Column &column, std::size_t index)
{
    const auto cell = "json_extract(_row.cells, '$[" + std::to_string(index) + "]')";
    if (column.type == "duration")
        return cell + " / 1000.0";
    return column.type == "double" ? "CAST(" + cell + " AS REAL)" : cell;
}

// Adds the columns that are new to `columns`, the view's in their order.
Result<std::vector<Layout>> read_layouts(sqlite::Connection &db, const std::string &method, const std::string &table,
                                         std::vector<std::string> &columns)
{
    std::vector<Layout> layouts;
    auto rows = db.query("SELECT id, columns FROM _layout WHERE method = ? AND name = ? ORDER BY id LIMIT ?", method,
                         table, kLayoutsMost);
    while (rows.next()) {
        const auto described = decode_columns(rows.text(1));
        if (!described)
            return described.error();
        Layout layout{rows.integer(0), {}};
        const auto names = view_columns(*described);
        for (std::size_t i = 0; i < names.size(); ++i) {
            layout.values[names[i]] = value_sql((*described)[i], i);
            if (std::find(columns.begin(), columns.end(), names[i]) == columns.end())
                columns.push_back(names[i]);
        }
        layouts.push_back(std::move(layout));
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return layouts;
}

std::string meta_sql(const std::vector<std::string> &columns)
{
    const std::pair<std::string, std::string> meta[] = {
        {"agent", "_agent.agent"},
        {"run", "_result.run"},
        {"schedule", "_result.schedule"},
        {"action", "_result.action"},
        {"task", "_result.task"},
        {"event", time_text("_result.event")},
        {"cycle_number", "_result.cycle_number"},
        {"result_start", time_text("_result.start")},
        {"result_end", time_text("_result.end")},
        {"result_status", kRunStatus},
    };
    std::string sql;
    for (const auto &[name, value] : meta) {
        const bool taken = std::find(columns.begin(), columns.end(), name) != columns.end();
        sql += (sql.empty() ? "" : ", ") + value + " AS " + (taken ? "_" : "") + name;
    }
    return sql;
}

std::string view_sql(const std::string &name, const std::vector<Layout> &layouts,
                     const std::vector<std::string> &columns)
{
    std::string sql;
    for (const auto &layout : layouts) {
        sql += (sql.empty() ? "CREATE VIEW \"" + name + "\" AS SELECT " : " UNION ALL SELECT ") + meta_sql(columns);
        for (const auto &column : columns) {
            const auto value = layout.values.find(column);
            sql += ", " + (value == layout.values.end() ? "NULL" : value->second) + " AS \"" + column + "\"";
        }
        // CROSS JOIN keeps the rows innermost: SQLite cannot know that a part has few of them.
        sql += " FROM _part JOIN _result ON _result.id = _part.result JOIN _agent ON _agent.id = _result.agent "
               "CROSS JOIN _row ON _row.id BETWEEN _part.first_row AND _part.last_row WHERE _part.layout = " +
               std::to_string(layout.id);
    }
    return sql;
}

struct View {
    std::string name;
    std::string method;
    std::string table;
};

// Unless it is as it should be: each new one makes SQLite read the whole schema again.
Result<void> make_view(sqlite::Connection &db, const View &view)
{
    std::vector<std::string> columns;
    const auto layouts = read_layouts(db, view.method, view.table, columns);
    if (!layouts)
        return layouts.error();
    const std::string sql = view_sql(view.name, *layouts, columns);
    const auto there =
        db.integer("SELECT count(*) FROM sqlite_master WHERE type = 'view' AND name = ? AND sql = ?", view.name, sql);
    if (!there || *there > 0)
        return there ? Result<void>() : there.error();
    if (auto dropped = db.script("DROP VIEW IF EXISTS \"" + view.name + "\""); !dropped)
        return dropped.error();
    return db.script(sql);
}

// The name the table's view has, or gets now; empty if there are too many views.
Result<std::string> claim_name(sqlite::Connection &db, const std::string &method, const std::string &table, bool first)
{
    {
        auto rows = db.query("SELECT name FROM _view WHERE method = ? AND table_name = ?", method, table);
        if (rows.next())
            return rows.string(0);
        if (auto end = rows.end(); !end)
            return end.error();
    }
    const auto count = db.integer("SELECT count(*) FROM _view");
    if (!count)
        return count.error();
    if (*count >= kViewsMost)
        return std::string();
    const auto base = view_name(method, table, first);
    auto name = base;
    for (int i = 2;; ++i) {
        const auto claimed = db.run("INSERT OR IGNORE INTO _view VALUES(?, ?, ?)", name, method, table);
        if (!claimed)
            return claimed.error();
        if (*claimed == 1)
            return name;
        name = base + "_" + std::to_string(i);
    }
}

} // namespace

std::string time_text(const std::string &column)
{
    return "strftime('%Y-%m-%dT%H:%M:%S', " + column + " / 1000000000, 'unixepoch') || printf('.%09dZ', " + column +
           " % 1000000000)";
}

Result<void> renew_view(sqlite::Connection &db, const std::string &method, const std::string &table, bool first)
{
    // Outcomes have a table and a view of their own.
    if (method == model::kOutcomesMethod)
        return {};
    const auto count = db.integer("SELECT count(*) FROM _layout WHERE method = ? AND name = ?", method, table);
    if (!count || *count > kLayoutsMost)
        return count ? Result<void>() : count.error();
    const auto name = claim_name(db, method, table, first);
    if (!name || name->empty())
        return name ? Result<void>() : name.error();
    return make_view(db, {*name, method, table});
}

Result<void> renew_old_views(sqlite::Connection &db)
{
    std::vector<View> views;
    {
        auto rows =
            db.query("SELECT name, method, table_name FROM _view WHERE method NOT IN ('', ?)", model::kOutcomesMethod);
        while (rows.next())
            views.push_back({rows.string(0), rows.string(1), rows.string(2)});
        if (auto end = rows.end(); !end)
            return end.error();
    }
    for (const View &view : views)
        if (auto made = make_view(db, view); !made)
            return made;
    return {};
}

} // namespace sonde::store
