#include "plugin_host/cells.hpp"

#include "frames/text.hpp"
#include "model/cells.hpp"

namespace sonde::plugin_host {

namespace {

std::span<const std::byte> bytes_of(const sonde_cell &cell)
{
    return {static_cast<const std::byte *>(cell.v.p), cell.size};
}

} // namespace

model::Column reported_column(const frames::ColumnDescription &column)
{
    const bool in_ns =
        column.type == SONDE_DURATION || (column.type == SONDE_TIMESTAMP && column.clock == SONDE_CLOCK_MONOTONIC);
    return {column.id, frames::type_name(column.type), in_ns ? "ns" : column.unit, column.words};
}

model::Cell reported_cell(const frames::ColumnDescription &column, const sonde_cell &cell)
{
    switch (cell.type) {
    case SONDE_BOOL:
        return model::bool_text(cell.v.i != 0);
    case SONDE_INT:
        return model::int_text(cell.v.i);
    case SONDE_DOUBLE:
        return model::double_text(cell.v.d);
    case SONDE_STRING:
        return std::string(static_cast<const char *>(cell.v.p), cell.size);
    case SONDE_BYTES:
        return model::bytes_text(bytes_of(cell));
    case SONDE_TIMESTAMP:
        return column.clock == SONDE_CLOCK_WALL ? model::wall_text(WallTime(std::chrono::nanoseconds(cell.v.i)))
                                                : model::monotonic_text(cell.v.i);
    case SONDE_DURATION:
        return model::duration_text(std::chrono::nanoseconds(cell.v.i));
    case SONDE_ADDRESS:
        return model::address_text(bytes_of(cell));
    default:
        return {};
    }
}

} // namespace sonde::plugin_host
