#include "store/check.hpp"

#include "model/cells.hpp"
#include "model/outcomes.hpp"
#include "store/cells.hpp"
#include "store/names.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sonde::store {

namespace {

constexpr const char *kNameHint = "names have the form [a-z][a-z0-9_]*, at most 64 bytes";

// What is shown of a text from outside.
std::string shown(std::string_view text)
{
    return "'" + model::to_yang_text(text.substr(0, kNameBytes)) + "'";
}

Result<void> check_columns(const std::vector<model::Column> &columns, const std::string &where)
{
    for (auto column = columns.begin(); column != columns.end(); ++column) {
        if (!is_name(column->name))
            return Error{where + "/column", shown(column->name) + " is no name", kNameHint};
        if (!model::is_column_type(column->type))
            return Error{where + "/column", shown(column->type) + " is no type of a column", ""};
        const auto same = [&](const model::Column &other) { return other.name == column->name; };
        if (std::any_of(columns.begin(), column, same))
            return Error{where + "/column", shown(column->name) + " is there twice", ""};
    }
    if (const auto bytes = encode_columns(columns).size(); bytes > kLayoutBytes)
        return Error{where + "/column", "the columns and their words take " + std::to_string(bytes) + " bytes",
                     "at most " + std::to_string(kLayoutBytes)};
    return {};
}

Result<void> check_rows(const model::Table &table, const std::string &where)
{
    std::size_t number = 0;
    for (const auto &row : table.rows) {
        ++number;
        if (row.size() != table.columns.size())
            return Error{where + "/row[" + std::to_string(number) + "]",
                         "it has " + std::to_string(row.size()) + " cells, the table " +
                             std::to_string(table.columns.size()) + " columns",
                         ""};
        for (std::size_t i = 0; i < row.size(); ++i)
            if (row[i] && !model::is_cell_text(table.columns[i].type, *row[i]))
                return Error{where + "/row[" + std::to_string(number) + "]/value[" + std::to_string(i + 1) + "]",
                             shown(*row[i]) + " is no " + table.columns[i].type, "column " + table.columns[i].name};
    }
    return {};
}

Result<void> check_result(const model::ReportedResult &result, const std::string &where)
{
    if (!is_method_name(result.method))
        return Error{where + "/method", shown(result.method) + " is no name of a method",
                     "names have the form [a-z][a-z0-9-]*, at most 64 bytes"};
    if (result.identity.sequence > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Error{where + "/sequence", "it is too large", "at most 2^63 - 1"};
    for (auto table = result.tables.begin(); table != result.tables.end(); ++table) {
        const auto path = where + "/table[" + std::to_string(table - result.tables.begin() + 1) + "]";
        if (!is_name(table->name))
            return Error{path + "/name", shown(table->name) + " is no name of a table", kNameHint};
        const auto same = [&](const model::Table &other) { return other.name == table->name; };
        if (std::any_of(result.tables.begin(), table, same))
            return Error{path + "/name", shown(table->name) + " is there twice", ""};
        if (auto good = check_columns(table->columns, path); !good)
            return good;
        if (auto good = check_rows(*table, path); !good)
            return good;
    }
    if (model::is_outcomes(result))
        if (auto outcomes = model::outcomes_of(result); !outcomes)
            return Error{where + "/" + outcomes.error().where, outcomes.error().what, outcomes.error().hint};
    return {};
}

} // namespace

Result<void> check(const model::Report &report)
{
    std::size_t number = 0;
    for (const auto &result : report.results)
        if (auto good = check_result(result, "/ietf-lmap-report:input/result[" + std::to_string(++number) + "]"); !good)
            return good;
    return {};
}

} // namespace sonde::store
