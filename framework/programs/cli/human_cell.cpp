#include "programs/cli/human_cell.hpp"

#include "plugin_host/cells.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/human.hpp"

#include <algorithm>

namespace sonde::cli {

namespace {

bool is_share(const frames::ColumnDescription &column)
{
    return column.type == SONDE_DOUBLE && column.unit.empty() && column.id.ends_with("_ratio");
}

bool is_bytes(const frames::ColumnDescription &column)
{
    return column.unit == "B" && (column.type == SONDE_INT || column.type == SONDE_DOUBLE);
}

bool is_rate(const frames::ColumnDescription &column)
{
    return column.unit == "bit/s" && (column.type == SONDE_INT || column.type == SONDE_DOUBLE);
}

} // namespace

bool carries_unit(const frames::ColumnDescription &column)
{
    return column.type == SONDE_DURATION || is_share(column) || is_bytes(column) || is_rate(column);
}

std::string human_cell(const frames::ColumnDescription &column, const sonde_cell &cell)
{
    if (cell.type == SONDE_NULL)
        return "-";
    const double number = cell.type == SONDE_DOUBLE ? cell.v.d : static_cast<double>(cell.v.i);
    if (cell.type == SONDE_DURATION)
        return human_duration(cell.v.i);
    if (cell.type == SONDE_TIMESTAMP && column.clock == SONDE_CLOCK_WALL)
        return human_time(cell.v.i);
    if (is_share(column))
        return human_share(number);
    if (is_bytes(column) && number >= 0)
        return human_bytes(static_cast<std::uint64_t>(number));
    if (is_rate(column))
        return human_rate(number);
    if (cell.type == SONDE_DOUBLE)
        return human_number(number);
    return printable(plugin_host::reported_cell(column, cell).value_or("-"));
}

std::string human_option(const frames::OptionDescription &option, const std::string &text, std::int64_t integer)
{
    if (option.type == SONDE_DURATION)
        return human_setting(integer);
    if (option.type == SONDE_INT && option.unit == "B" && integer >= 0)
        return human_bytes(static_cast<std::uint64_t>(integer));
    const bool unit = !option.unit.empty() && option.unit != option.id;
    return printable(text) + (unit ? " " + printable(option.unit) : "");
}

std::string words_of(const std::string &id)
{
    std::string words = id;
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

} // namespace sonde::cli
