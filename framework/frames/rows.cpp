#include "frames/rows.hpp"

#include "frames/fields.hpp"
#include "frames/text.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace sonde::frames {

// Packed cells: one byte of type, then for BOOL a byte, for other numbers eight, little-endian; for STRING and BYTES a
// 32-bit size and the bytes; for ADDRESS a byte of size and the bytes; for NULL nothing.
static_assert(std::endian::native == std::endian::little, "cells are copied as the little-endian machine has them");

namespace {

constexpr std::size_t kRowsHeaderBytes = kHeaderBytes + 2 * sizeof(std::uint32_t);
constexpr std::size_t kPacketBytesMax = kRowsHeaderBytes + kBatchBytesMax;
constexpr std::size_t kRowCountOffset = kHeaderBytes + sizeof(std::uint32_t);
constexpr std::size_t kCellBytes = sizeof(sonde_cell);

std::string_view text_of(const sonde_cell &cell)
{
    return {static_cast<const char *>(cell.v.p), cell.size};
}

bool has_bytes(sonde_type type)
{
    return type == SONDE_STRING || type == SONDE_BYTES || type == SONDE_ADDRESS;
}

// Of the row as SONDE_ROW_BYTES_MAX counts it, which is never less than its packed form.
std::size_t row_bytes(std::span<const sonde_cell> cells)
{
    std::size_t bytes = cells.size() * kCellBytes;
    for (const sonde_cell &cell : cells)
        bytes += has_bytes(cell.type) ? cell.size : 0;
    return bytes;
}

const char *value_fault(const sonde_cell &cell)
{
    switch (cell.type) {
    case SONDE_BOOL:
        return cell.v.i == 0 || cell.v.i == 1 ? nullptr : "a bool is 0 or 1";
    case SONDE_DOUBLE:
        return std::isfinite(cell.v.d) ? nullptr : "a double must be finite";
    case SONDE_ADDRESS:
        if (cell.size != 4 && cell.size != 16)
            return "an address has 4 or 16 bytes";
        break;
    case SONDE_STRING:
        if (cell.v.p != nullptr && !is_utf8(text_of(cell)))
            return "a string must be UTF-8";
        break;
    default:
        break;
    }
    return has_bytes(cell.type) && cell.v.p == nullptr && cell.size > 0 ? "its pointer is NULL" : nullptr;
}

} // namespace

RowFormat::RowFormat(const TableDescription &table) : table_(&table)
{
    columns_.reserve(table.columns.size());
    for (const ColumnDescription &column : table.columns) {
        Column &format = columns_.emplace_back(Column{column.type, column.nullable, {}});
        format.words.assign(column.words.begin(), column.words.end());
        std::sort(format.words.begin(), format.words.end());
    }
}

bool RowFormat::accepts(std::size_t column, const sonde_cell &cell) const
{
    const Column &format = columns_[column];
    if (cell.type == SONDE_NULL)
        return format.nullable;
    if (cell.type != format.type || value_fault(cell) != nullptr)
        return false;
    return format.words.empty() || std::binary_search(format.words.begin(), format.words.end(), text_of(cell));
}

Result<void> RowFormat::check(std::size_t column, const sonde_cell &cell) const
{
    if (accepts(column, cell))
        return {};
    const ColumnDescription &declared = table_->columns[column];
    const std::string where = table_->id + "/" + declared.id;
    if (cell.type == SONDE_NULL)
        return Error{where, "a null in a column that is not nullable", "declare it .nullable = 1, or give a value"};
    if (cell.type != declared.type)
        return Error{where, "a cell of " + type_name(cell.type) + " in a column of " + type_name(declared.type), ""};
    if (const char *what = value_fault(cell))
        return Error{where, what, ""};
    return Error{where, "'" + readable(text_of(cell), 64) + "' is not among the declared words", ""};
}

Result<void> RowWriter::check(std::span<const sonde_cell> cells) const
{
    if (cells.size() != format_->columns())
        return Error{format_->table().id,
                     "a row of " + std::to_string(cells.size()) + " cells in a table of " +
                         std::to_string(format_->columns()) + " columns",
                     ""};
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (!format_->accepts(i, cells[i]))
            return format_->check(i, cells[i]);
    if (const std::size_t bytes = row_bytes(cells); bytes > SONDE_ROW_BYTES_MAX)
        return Error{format_->table().id, "a row of " + std::to_string(bytes) + " bytes",
                     "at most " + std::to_string(SONDE_ROW_BYTES_MAX)};
    return {};
}

bool RowWriter::add(std::span<const sonde_cell> cells)
{
    if (!bytes_)
        clear();
    if (used_bytes_ + row_bytes(cells) > kPacketBytesMax)
        return false;
    std::byte *at = bytes_.get() + used_bytes_;
    const auto put = [&at](const void *from, std::size_t size) {
        std::memcpy(at, from, size);
        at += size;
    };
    for (const sonde_cell &cell : cells) {
        *at++ = static_cast<std::byte>(cell.type);
        switch (cell.type) {
        case SONDE_NULL:
            break;
        case SONDE_BOOL:
            *at++ = static_cast<std::byte>(cell.v.i);
            break;
        case SONDE_ADDRESS:
            *at++ = static_cast<std::byte>(cell.size);
            put(cell.v.p, cell.size);
            break;
        case SONDE_STRING:
        case SONDE_BYTES:
            put(&cell.size, sizeof cell.size);
            if (cell.size > 0)
                put(cell.v.p, cell.size);
            break;
        default:
            put(&cell.v, sizeof cell.v);
        }
    }
    used_bytes_ = static_cast<std::size_t>(at - bytes_.get());
    ++row_count_;
    return true;
}

std::span<const std::byte> RowWriter::frame()
{
    if (!bytes_)
        clear();
    std::memcpy(bytes_.get() + kRowCountOffset, &row_count_, sizeof row_count_);
    return {bytes_.get(), used_bytes_};
}

void RowWriter::clear()
{
    if (!bytes_) {
        const Frame header = *encode(RunToAgent(Rows{table_, 0, {}}));
        bytes_ = std::make_unique_for_overwrite<std::byte[]>(kPacketBytesMax);
        std::memcpy(bytes_.get(), header.data(), header.size());
    }
    row_count_ = 0;
    used_bytes_ = kRowsHeaderBytes;
}

RowReader::RowReader(const RowFormat &format, const Rows &rows)
    : format_(&format), rest_(rows.cells), rows_left_(rows.row_count), cells_(format.columns())
{
}

bool RowReader::fail(std::string what)
{
    error_ = Error{format_->table().id, "bad rows: " + std::move(what), ""};
    rest_ = {};
    rows_left_ = 0;
    return false;
}

bool RowReader::next()
{
    if (error_)
        return false;
    if (rows_left_ == 0)
        return rest_.empty() ? false : fail("bytes are left over");
    const std::byte *at = rest_.data();
    const std::byte *const end = at + rest_.size();
    const auto left = [&] { return static_cast<std::size_t>(end - at); };
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        if (left() < 1)
            return fail("they end too early");
        sonde_cell &cell = cells_[i];
        cell.type = static_cast<sonde_type>(*at++);
        cell.size = 0;
        cell.v.i = 0;
        if (has_bytes(cell.type)) {
            const std::size_t size_bytes = cell.type == SONDE_ADDRESS ? 1 : sizeof cell.size;
            if (left() < size_bytes)
                return fail("they end too early");
            std::memcpy(&cell.size, at, size_bytes);
            at += size_bytes;
            if (left() < cell.size)
                return fail("a size beyond their end");
            cell.v.p = at;
            at += cell.size;
        } else if (cell.type != SONDE_NULL) {
            const std::size_t value_bytes = cell.type == SONDE_BOOL ? 1 : sizeof cell.v;
            if (left() < value_bytes)
                return fail("they end too early");
            std::memcpy(&cell.v, at, value_bytes);
            at += value_bytes;
        }
        if (!format_->accepts(i, cell))
            return fail(to_string(format_->check(i, cell).error()));
    }
    if (row_bytes(cells_) > SONDE_ROW_BYTES_MAX)
        return fail("a row longer than " + std::to_string(SONDE_ROW_BYTES_MAX) + " bytes");
    rest_ = std::span(at, end);
    --rows_left_;
    return true;
}

} // namespace sonde::frames
