#include "programs/cli/row_printer.hpp"

#include "model/row_json.hpp"
#include "plugin_host/cells.hpp"
#include "plugin_host/text.hpp"
#include "programs/cli/human.hpp"

#include <algorithm>

namespace sonde::cli {

namespace {

// So many rows are aligned with each other; more would keep a person waiting for the first.
constexpr std::size_t kRowsAligned = 1000;
// Longer units are words for what is counted.
constexpr std::size_t kUnitShown = 5;

std::string csv_field(const std::string &text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string field = "\"";
    for (char c : text)
        field += c == '"' ? std::string("\"\"") : std::string(1, c);
    return field + '"';
}

bool is_number(sonde_type type)
{
    return type == SONDE_INT || type == SONDE_DOUBLE || type == SONDE_DURATION || type == SONDE_TIMESTAMP;
}

// Widths to begin with, so that the first row, alone in its batch, stands under the same titles as the later ones.
std::size_t usual_width(const frames::ColumnDescription &column)
{
    std::size_t width = 0;
    if (column.type == SONDE_DURATION)
        width = 10;
    else if (column.type == SONDE_BOOL)
        width = 5;
    for (const std::string &word : column.words)
        width = std::max(width, width_of(word));
    return std::min<std::size_t>(width, 16);
}

} // namespace

std::string human_cell(const frames::ColumnDescription &column, const sonde_cell &cell)
{
    if (cell.type == SONDE_DURATION)
        return human_duration(cell.v.i);
    if (cell.type == SONDE_TIMESTAMP && column.clock == SONDE_CLOCK_WALL)
        return human_time(cell.v.i);
    const model::Cell text = plugin_host::reported_cell(column, cell);
    return text ? printable(*text) : "-";
}

RowPrinter::RowPrinter(Console &console, const frames::MethodDescription &method, RowFormat format)
    : console_(&console), method_(&method), format_(format)
{
}

Result<RowPrinter> RowPrinter::make(Console &console, const frames::MethodDescription &method, const RowChoice &choice)
{
    RowPrinter printer(console, method, choice.format);
    std::vector<std::string> names;
    for (const auto &table : method.tables)
        names.push_back(table.id);
    std::string only = choice.table;
    if (only.empty() && choice.format == RowFormat::csv && !names.empty())
        only = names.front();
    if (!only.empty() && std::find(names.begin(), names.end(), only) == names.end()) {
        const auto near = plugin_host::nearest(only, names);
        return Error{"--table", method.id + " has no table '" + only + "'",
                     near ? "did you mean '" + *near + "'?" : ""};
    }
    for (const auto &table : method.tables) {
        printer.tables_.emplace_back();
        if (!only.empty() && table.id != only)
            continue;
        if (const auto added = printer.add_table(table, choice); !added)
            return added.error();
    }
    const bool none = std::none_of(printer.tables_.begin(), printer.tables_.end(),
                                   [](const auto &table) { return table.has_value(); });
    if (none && !choice.columns.empty())
        return Error{"--columns", "no table of " + method.id + " has them all", "`sonde describe` lists them"};
    return printer;
}

// A table that lacks a chosen column is not shown, unless it was chosen itself.
Result<void> RowPrinter::add_table(const frames::TableDescription &table, const RowChoice &choice)
{
    Shown shown{&table, {}, {}, Table({}), false};
    std::vector<Table::Column> titles;
    const auto add = [&](std::size_t index) {
        const auto &column = table.columns[index];
        shown.columns.push_back(index);
        shown.reported.push_back(plugin_host::reported_column(column));
        // "sent [packets]" says no more than "sent"; B and bit/s do. Durations carry theirs in the cell.
        const bool has_unit = !column.unit.empty() && column.unit.size() <= kUnitShown && column.type != SONDE_DURATION;
        titles.push_back({has_unit ? column.id + " [" + printable(column.unit) + "]" : column.id,
                          is_number(column.type) ? Table::Align::right : Table::Align::left, usual_width(column)});
    };
    for (const std::string &name : choice.columns) {
        const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                        [&](const auto &column) { return column.id == name; });
        if (found != table.columns.end())
            add(static_cast<std::size_t>(found - table.columns.begin()));
        else if (!choice.table.empty())
            return Error{"--columns", table.id + " has no column '" + name + "'", "`sonde describe` lists them"};
        else
            return {};
    }
    for (std::size_t i = 0; choice.columns.empty() && i < table.columns.size(); ++i)
        add(i);
    shown.lines = Table(std::move(titles));
    tables_.back() = std::move(shown);
    return {};
}

void RowPrinter::row(std::uint32_t index, std::span<const sonde_cell> cells)
{
    if (!tables_[index])
        return;
    Shown &table = *tables_[index];
    if (format_ == RowFormat::json)
        return print_json(table, cells);
    if (format_ == RowFormat::csv)
        return print_csv(table, cells);
    if (current_ != index || waiting_.size() >= kRowsAligned)
        flush_lines();
    current_ = index;
    std::vector<std::string> &line = waiting_.emplace_back();
    for (std::size_t column : table.columns)
        line.push_back(human_cell(table.declared->columns[column], cells[column]));
}

void RowPrinter::print_json(const Shown &table, std::span<const sonde_cell> cells)
{
    std::vector<model::Cell> texts;
    for (std::size_t column : table.columns)
        texts.push_back(plugin_host::reported_cell(table.declared->columns[column], cells[column]));
    text_ += '{';
    model::append_member(text_, "table", table.declared->id);
    if (!texts.empty())
        text_ += ',';
    model::append_members(text_, table.reported, texts);
    text_ += "}\n";
}

void RowPrinter::print_csv(Shown &table, std::span<const sonde_cell> cells)
{
    std::string titles, fields;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const std::string comma = i == 0 ? "" : ",";
        if (!table.begun)
            titles += comma + csv_field(model::member_name(table.reported[i]));
        const std::size_t column = table.columns[i];
        fields +=
            comma + csv_field(plugin_host::reported_cell(table.declared->columns[column], cells[column]).value_or(""));
    }
    if (!table.begun)
        text_ += titles + '\n';
    table.begun = true;
    text_ += fields + '\n';
}

void RowPrinter::flush_lines()
{
    if (waiting_.empty())
        return;
    Shown &table = *tables_[*current_];
    if (printed_ != current_) {
        if (printed_)
            text_ += '\n';
        if (tables_.size() > 1)
            text_ += table.declared->id + '\n';
        std::string header = table.lines.header(waiting_);
        header.pop_back();
        text_ += console_->bold(header) + '\n';
        printed_ = current_;
    }
    text_ += table.lines.lines(waiting_);
    waiting_.clear();
}

boost::asio::awaitable<Result<void>> RowPrinter::batch_end()
{
    flush_lines();
    const bool written = console_->out(text_) && console_->flush();
    text_.clear();
    Result<void> result;
    if (!written)
        result = Error{"stdout", "it takes no more rows", ""};
    co_return result;
}

void RowPrinter::log(sonde_log_level level, std::string_view text)
{
    static constexpr const char *words[] = {"", "error: ", "warning: ", "", "debug: "};
    if (level <= SONDE_LOG_INFO)
        console_->say(printable(method_->id + ": " + words[level] + std::string(text)));
}

} // namespace sonde::cli
