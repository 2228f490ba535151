#pragma once

#include "frames/description.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/table.hpp"

#include <span>
#include <string>
#include <vector>

namespace sonde::cli {

// The rows of one result table as lines for a person, fitted to a terminal. Where there is no room for all columns:
//   flags and remarks (nullable free text) stand behind the line, where they say something
//   then what only repeats an option, then stamps, then the rightmost columns go, which is said on stderr
class TableView {
public:
    // `columns` are indices. With `chosen`, a person chose them, and none is left out. `settled` are names that the
    // person knows the values of.
    TableView(const frames::TableDescription &table, std::vector<std::size_t> columns, bool chosen,
              const std::vector<std::string> &settled);

    // A whole row of the table.
    void add(std::span<const sonde_cell> cells);
    std::size_t waiting() const { return rows_.size(); }

    // The waiting rows, below the titles if `titled`. The first ones decide which columns are shown.
    std::string flush(Console &console, bool titled);

private:
    enum class Place { line, behind, nowhere };
    struct Column {
        const frames::ColumnDescription *declared;
        std::size_t index; // in the table
        int importance;
        Place place = Place::line;
    };

    void settle(Console &console);
    std::string remark_of(const std::vector<std::string> &row) const;

    const frames::TableDescription *table_;
    std::vector<Column> columns_;
    bool chosen_;
    bool settled_ = false; // which columns stand where
    Table lines_{{}};
    std::vector<std::vector<std::string>> rows_; // one cell for each of columns_
};

} // namespace sonde::cli
