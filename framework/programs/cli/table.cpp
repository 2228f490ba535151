#include "programs/cli/table.hpp"

#include "programs/cli/console.hpp"

#include <algorithm>
#include <utility>

namespace sonde::cli {

Table::Table(std::vector<Column> columns) : columns_(std::move(columns))
{
    for (Column &column : columns_)
        column.width = std::max(column.width, width_of(column.title));
}

std::string Table::header(const std::vector<std::vector<std::string>> &first_rows)
{
    widen(first_rows);
    std::vector<std::string> titles;
    for (const Column &column : columns_)
        titles.push_back(column.title);
    return line(titles);
}

std::string Table::lines(const std::vector<std::vector<std::string>> &rows, const std::vector<std::string> &remarks)
{
    widen(rows);
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i)
        text += line(rows[i], i < remarks.size() ? remarks[i] : std::string());
    return text;
}

void Table::widen(const std::vector<std::vector<std::string>> &rows)
{
    for (const auto &row : rows)
        for (std::size_t i = 0; i < row.size() && i < columns_.size(); ++i)
            columns_[i].width = std::max(columns_[i].width, width_of(row[i]));
}

std::string Table::line(const std::vector<std::string> &cells, const std::string &remark) const
{
    std::string text;
    for (std::size_t i = 0; i < cells.size() && i < columns_.size(); ++i) {
        const std::size_t used = width_of(cells[i]);
        const std::string padding(columns_[i].width - std::min(columns_[i].width, used), ' ');
        if (i > 0)
            text += "  ";
        text += columns_[i].align == Align::right ? padding + cells[i] : cells[i] + padding;
    }
    text += remark;
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
}

} // namespace sonde::cli
