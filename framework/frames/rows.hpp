#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"

#include <sonde/plugin.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

// Rows on their way from run() to the agent. Both ends check them against the declared columns: the process of the run
// to give the author a sentence, the agent because that process is not to be trusted.
namespace sonde::frames {

inline constexpr std::size_t kBatchBytesMax = 64 * 1024;

// The declared columns of a table, made ready for checking many rows. Holds views into the description, which must
// outlive it.
class RowFormat {
public:
    explicit RowFormat(const TableDescription &table);

    const TableDescription &table() const { return *table_; }
    std::size_t columns() const { return columns_.size(); }

    // Whether a cell may stand in a column. The error's `where` is "table/column".
    Result<void> check(std::size_t column, const sonde_cell &cell) const;
    // The same without the sentence, for the hot path.
    bool accepts(std::size_t column, const sonde_cell &cell) const;

private:
    struct Column {
        sonde_type type;
        bool nullable;
        std::vector<std::string_view> words; // sorted
    };

    const TableDescription *table_;
    std::vector<Column> columns_;
};

// Collects rows of one table into a packet. Not thread-safe.
class RowWriter {
public:
    RowWriter(std::uint32_t table, const RowFormat &format) : table_(table), format_(&format) {}

    // Whether a row keeps the declaration, and SONDE_ROW_BYTES_MAX.
    Result<void> check(std::span<const sonde_cell> cells) const;
    // Packs a checked row. False: the batch is full; send frame(), clear() and add it again.
    bool add(std::span<const sonde_cell> cells);

    std::uint32_t row_count() const { return row_count_; }
    // The packet of a Rows message with what was added. Valid until the next add() or clear().
    std::span<const std::byte> frame();
    void clear();

private:
    std::uint32_t table_;
    const RowFormat *format_;
    std::uint32_t row_count_ = 0;
    std::size_t used_bytes_ = 0;
    // A batch's bytes, from the first row on: those that no row has come to take no memory.
    std::unique_ptr<std::byte[]> bytes_;
};

// Walks the rows of one batch: `while (reader.next()) use(reader.cells());` and then error(). Copies no cell: `p` of a
// STRING, BYTES or ADDRESS cell points into the frame (no NUL behind it).
class RowReader {
public:
    // `format` must be that of the table that `rows` names; both outlive the reader.
    RowReader(const RowFormat &format, const Rows &rows);

    // True: cells() is the next row, checked. False: no more, or an error.
    bool next();
    std::span<const sonde_cell> cells() const { return cells_; }
    // What was wrong with the batch; the rows before were good.
    const std::optional<Error> &error() const { return error_; }

private:
    bool fail(std::string what);

    const RowFormat *format_;
    std::span<const std::byte> rest_;
    std::uint32_t rows_left_;
    std::vector<sonde_cell> cells_;
    std::optional<Error> error_;
};

} // namespace sonde::frames
