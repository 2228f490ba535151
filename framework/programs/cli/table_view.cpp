#include "programs/cli/table_view.hpp"

#include "programs/cli/fit.hpp"
#include "programs/cli/human_cell.hpp"

#include <algorithm>
#include <utility>

namespace sonde::cli {

namespace {

// Longer units are words for what is counted.
constexpr std::size_t kUnitShown = 5;

enum Importance { kBehind, kKnown, kStamp, kOrdinary };

bool is_number(sonde_type type)
{
    return type == SONDE_INT || type == SONDE_DOUBLE || type == SONDE_DURATION || type == SONDE_TIMESTAMP;
}

int importance_of(const frames::ColumnDescription &column, const std::vector<std::string> &settled)
{
    const bool text = column.type == SONDE_STRING || column.type == SONDE_ADDRESS;
    const bool remark = column.type == SONDE_STRING && column.nullable && column.words.empty();
    if (column.type == SONDE_BOOL || remark)
        return kBehind;
    if (text && std::find(settled.begin(), settled.end(), column.id) != settled.end())
        return kKnown;
    return column.type == SONDE_TIMESTAMP ? kStamp : kOrdinary;
}

// Widths to begin with, so that the first row, alone in its batch, stands under the same titles as the later ones.
std::size_t usual_width(const frames::ColumnDescription &column)
{
    std::size_t width = 0;
    if (column.type == SONDE_DURATION)
        width = 10;
    else if (carries_unit(column))
        width = 8;
    else if (column.type == SONDE_BOOL)
        width = 5;
    for (const std::string &word : column.words)
        width = std::max(width, width_of(word));
    return std::min<std::size_t>(width, 16);
}

std::string title_of(const frames::ColumnDescription &column)
{
    // "sent [packets]" says no more than "sent"; s does.
    const bool has_unit = !column.unit.empty() && column.unit.size() <= kUnitShown && !carries_unit(column);
    return has_unit ? column.id + " [" + printable(column.unit) + "]" : column.id;
}

} // namespace

TableView::TableView(const frames::TableDescription &table, std::vector<std::size_t> columns, bool chosen,
                     const std::vector<std::string> &settled)
    : table_(&table), chosen_(chosen)
{
    for (const std::size_t index : columns)
        columns_.push_back({&table.columns[index], index, importance_of(table.columns[index], settled)});
}

void TableView::add(std::span<const sonde_cell> cells)
{
    std::vector<std::string> &row = rows_.emplace_back();
    for (const Column &column : columns_)
        row.push_back(human_cell(*column.declared, cells[column.index]));
}

void TableView::settle(Console &console)
{
    std::vector<Table::Column> titles;
    std::vector<Asking> asking;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const frames::ColumnDescription &column = *columns_[i].declared;
        const Table::Align align = is_number(column.type) ? Table::Align::right : Table::Align::left;
        Table::Column title{title_of(column), align, usual_width(column)};
        std::size_t width = std::max(title.width, width_of(title.title));
        for (const auto &row : rows_)
            width = std::max(width, width_of(row[i]));
        asking.push_back({width, columns_[i].importance});
        titles.push_back(std::move(title));
    }
    const std::vector<bool> stays =
        chosen_ ? std::vector<bool>(columns_.size(), true) : fit(asking, console.out_width());
    std::vector<Table::Column> shown;
    std::string missing;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (stays[i]) {
            shown.push_back(std::move(titles[i]));
            continue;
        }
        columns_[i].place = columns_[i].importance == kBehind ? Place::behind : Place::nowhere;
        if (columns_[i].importance > kKnown)
            missing += (missing.empty() ? "" : ", ") + columns_[i].declared->id;
    }
    if (!missing.empty())
        console.say(wrapped("no room here for " + missing + " of " + table_->id +
                                "; --columns NAME,... chooses, --json has all",
                            console.err_width(), 2));
    lines_ = Table(std::move(shown));
}

std::string TableView::remark_of(const std::vector<std::string> &row) const
{
    std::string remark;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const frames::ColumnDescription &column = *columns_[i].declared;
        if (columns_[i].place != Place::behind || row[i] == "-" || row[i] == "false")
            continue;
        remark += remark.empty() ? "  " : ", ";
        remark += words_of(column.id) + (column.type == SONDE_BOOL ? "" : ": " + row[i]);
    }
    return remark;
}

std::string TableView::flush(Console &console, bool titled)
{
    if (!std::exchange(settled_, true))
        settle(console);
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> remarks;
    for (auto &row : rows_) {
        remarks.push_back(remark_of(row));
        std::vector<std::string> &line = lines.emplace_back();
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (columns_[i].place == Place::line)
                line.push_back(std::move(row[i]));
    }
    rows_.clear();
    std::string text;
    if (titled) {
        std::string header = lines_.header(lines);
        header.pop_back();
        text = console.bold(header) + '\n';
    }
    return text + lines_.lines(lines, remarks);
}

} // namespace sonde::cli
