#include "plugin_host/reported_inputs.hpp"

#include "frames/rows.hpp"
#include "frames/text.hpp"
#include "model/cells.hpp"
#include "model/date_time.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <deque>
#include <utility>

namespace sonde::plugin_host {

namespace {

constexpr std::array<sonde_type, 8> kCellTypes{SONDE_BOOL,  SONDE_INT,       SONDE_DOUBLE,   SONDE_STRING,
                                               SONDE_BYTES, SONDE_TIMESTAMP, SONDE_DURATION, SONDE_ADDRESS};

// What the cells of bytes and addresses point to.
using CellBytes = std::deque<std::string>;

Result<frames::ColumnDescription> declaration_of(const model::Column &column)
{
    const auto type = std::find_if(kCellTypes.begin(), kCellTypes.end(),
                                   [&](sonde_type one) { return frames::type_name(one) == column.type; });
    if (type == kCellTypes.end())
        return Error{column.name, "there is no type '" + column.type + "' of cells", ""};
    frames::ColumnDescription made;
    made.id = column.name;
    made.type = *type;
    made.nullable = true;
    made.words = column.words;
    if (made.type == SONDE_TIMESTAMP)
        made.clock = column.unit == "ns" ? SONDE_CLOCK_MONOTONIC : SONDE_CLOCK_WALL;
    else if (made.type != SONDE_DURATION)
        made.unit = column.unit;
    return made;
}

Result<frames::TableDescription> declaration_of(const model::Table &table)
{
    frames::TableDescription made;
    made.id = table.name;
    for (const model::Column &column : table.columns) {
        auto one = declaration_of(column);
        if (!one)
            return one.error();
        made.columns.push_back(std::move(*one));
    }
    return made;
}

template <class Number>
Number cell_number(std::string_view text)
{
    Number value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

sonde_cell data_cell(sonde_type type, std::string_view bytes)
{
    return sonde_data(type, bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}

std::string_view address_of(const std::string &text, CellBytes &store)
{
    std::string &bytes = store.emplace_back(16, '\0');
    const bool v6 = text.find(':') != std::string::npos;
    inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data());
    bytes.resize(v6 ? 16 : 4);
    return bytes;
}

// Of a text that is one of this type. A string's cell points into it.
sonde_cell cell_of(const frames::ColumnDescription &column, const std::string &text, CellBytes &store)
{
    switch (column.type) {
    case SONDE_BOOL:
        return sonde_bool(text == "true");
    case SONDE_DOUBLE:
        return sonde_double(cell_number<double>(text));
    case SONDE_STRING:
        return data_cell(SONDE_STRING, text);
    case SONDE_BYTES:
        return data_cell(SONDE_BYTES, store.emplace_back(model::bytes_of(text).value()));
    case SONDE_ADDRESS:
        return data_cell(SONDE_ADDRESS, address_of(text, store));
    case SONDE_TIMESTAMP:
        if (column.clock == SONDE_CLOCK_WALL)
            return sonde_timestamp(model::parse_date_time(text).value().time_since_epoch().count());
        return sonde_timestamp(cell_number<std::int64_t>(text));
    default:
        return sonde_integer(column.type, cell_number<std::int64_t>(text));
    }
}

using CellRow = std::vector<sonde_cell>;

Result<std::vector<CellRow>> cell_rows(const model::Table &table, CellBytes &store)
{
    const auto description = declaration_of(table);
    if (!description)
        return description.error();
    const frames::RowFormat format(*description);
    const frames::RowWriter writer(0, format);
    std::vector<CellRow> rows;
    for (const std::vector<model::Cell> &cells : table.rows) {
        if (cells.size() != description->columns.size())
            return Error{table.name, "a row has another number of cells than its table has columns", ""};
        CellRow &row = rows.emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const frames::ColumnDescription &column = description->columns[i];
            const bool wall = column.clock == SONDE_CLOCK_WALL;
            if (cells[i] && (!model::is_cell_text(table.columns[i].type, *cells[i]) ||
                             (column.type == SONDE_TIMESTAMP && wall != (cells[i]->back() == 'Z'))))
                return Error{table.name + "/" + column.id, "a cell that is no " + table.columns[i].type, ""};
            row.push_back(cells[i] ? cell_of(column, *cells[i], store) : sonde_null());
        }
        // A character that no report can carry has become another, of three bytes (docs/formats.md).
        if (const auto fits = writer.check(row); !fits)
            return fits.error();
    }
    return rows;
}

std::size_t cell_bytes(const std::vector<CellRow> &rows)
{
    std::size_t bytes = 0;
    for (const CellRow &row : rows)
        for (const sonde_cell &cell : row)
            bytes += sizeof cell + cell.size;
    return bytes;
}

} // namespace

Result<bool> ReportedInputs::add(const model::ReportedResult &result)
{
    CellBytes store;
    std::vector<std::vector<CellRow>> tables;
    std::size_t bytes = 0;
    for (const model::Table &table : result.tables) {
        auto rows = cell_rows(table, store);
        if (!rows)
            return rows.error();
        bytes += cell_bytes(*rows);
        tables.push_back(std::move(*rows));
    }
    if (bytes > kInputBytesMax)
        return Error{"", "a result of " + std::to_string(bytes) + " bytes is no run's input",
                     "at most " + std::to_string(kInputBytesMax)};
    if (bytes_ + bytes > kInputBytesMax)
        return false;
    for (std::size_t i = 0; i < tables.size(); ++i) {
        Input &input = input_of(result.method, result.tables[i]);
        for (const CellRow &row : tables[i])
            input.add(row);
    }
    bytes_ += bytes;
    return true;
}

std::vector<std::shared_ptr<Input>> ReportedInputs::inputs() const
{
    std::vector<std::shared_ptr<Input>> all;
    for (const Kept &kept : kept_)
        all.push_back(kept.input);
    return all;
}

Input &ReportedInputs::input_of(const std::string &method, const model::Table &table)
{
    for (const Kept &kept : kept_)
        if (kept.method == method && kept.table == table.name && kept.columns == table.columns)
            return *kept.input;
    auto input = std::make_shared<Input>(method, declaration_of(table).value());
    return *kept_.emplace_back(Kept{method, table.name, table.columns, std::move(input)}).input;
}

} // namespace sonde::plugin_host
