#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sonde::cli {

// Lines of aligned columns for people. Rows may come one by one: widths grow with what was seen so far, and the rows of
// one call are aligned with each other.
class Table {
public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
        std::size_t width = 0; // to begin with
    };

    explicit Table(std::vector<Column> columns);

    // The titles' line. Give the first rows as well where they are known, so that it fits them.
    std::string header(const std::vector<std::vector<std::string>> &first_rows = {});
    // A line for each row, every one with as many cells as there are columns. `remarks`, if there are any, are one a
    // row and stand behind its line, in a column of their own.
    std::string lines(const std::vector<std::vector<std::string>> &rows, const std::vector<std::string> &remarks = {});

private:
    void widen(const std::vector<std::vector<std::string>> &rows);
    std::string line(const std::vector<std::string> &cells, const std::string &remark = {}) const;

    std::vector<Column> columns_;
};

} // namespace sonde::cli
