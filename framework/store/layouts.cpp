#include "store/layouts.hpp"

#include "store/cells.hpp"
#include "store/views.hpp"

namespace sonde::store {

Result<void> Layouts::look_up(sqlite::Connection &db, const model::Report &report)
{
    std::int64_t made = 0;
    bool any_new = false;
    for (std::size_t number = 0; number < report.results.size(); ++number) {
        const model::ReportedResult &result = report.results[number];
        for (std::size_t position = 0; position < result.tables.size(); ++position) {
            const model::Table &table = result.tables[position];
            const auto [place, added] =
                ids_.try_emplace({result.method, table.name, position, encode_columns(table.columns)}, 0);
            if (!added)
                continue;
            const auto id =
                db.integer("SELECT id FROM _layout WHERE method = ? AND name = ? AND position = ? AND columns = ?",
                           result.method, table.name, position, std::get<3>(place->first));
            if (!id)
                return id.error();
            place->second = *id;
            if (*id != 0)
                continue;
            if (!std::exchange(any_new, true)) {
                const auto before = db.integer("SELECT count(*) FROM _layout WHERE agent = ?", agent_);
                if (!before)
                    return before.error();
                made = *before;
            }
            if (++made > kLayoutsOfAgent && !too_many_)
                too_many_ = Error{"/ietf-lmap-report:input/result[" + std::to_string(number + 1) + "]/table[" +
                                      std::to_string(position + 1) + "]",
                                  "a table with these columns is new, and this agent has made as many kinds of tables "
                                  "as one may",
                                  "at most " + std::to_string(kLayoutsOfAgent)};
        }
    }
    return {};
}

Result<std::int64_t> Layouts::put(sqlite::Connection &db, const std::string &method, const model::Table &table,
                                  std::size_t position)
{
    const auto place = ids_.find({method, table.name, position, encode_columns(table.columns)});
    if (place->second != 0)
        return place->second;
    const auto stored = db.run("INSERT INTO _layout VALUES(NULL, ?, ?, ?, ?, ?)", method, table.name, position,
                               std::get<3>(place->first), agent_);
    if (!stored)
        return stored.error();
    place->second = db.last_insert_id();
    if (auto renewed = renew_view(db, method, table.name, position == 0); !renewed)
        return renewed.error();
    return place->second;
}

} // namespace sonde::store
