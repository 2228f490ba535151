#include "programs/cli/row_printer.hpp"

#include "base/nearest.hpp"
#include "model/row_json.hpp"
#include "plugin_host/cells.hpp"
#include "programs/cli/csv.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/sentence.hpp"

#include <algorithm>

namespace sonde::cli {

namespace {

// So many rows are aligned with each other; more would keep a person waiting for the first.
constexpr std::size_t kRowsAligned = 1000;
// A run that is over before then needs no progress, and nobody reads faster than that.
constexpr std::chrono::milliseconds kProgressFrom{1000}, kProgressEvery{200};

std::string count_text(std::uint64_t count, const char *what)
{
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// A column goes by its id and by the name that it has in JSON and CSV.
std::optional<std::size_t> find_column(const frames::TableDescription &table, const std::string &name)
{
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (name == table.columns[i].id || name == model::member_name(plugin_host::reported_column(table.columns[i])))
            return i;
    return std::nullopt;
}

Error no_column(const std::string &where, const std::string &name, const std::vector<std::string> &names)
{
    const auto near = nearest(name, names);
    return Error{"--columns", where + " has no column '" + name + "'",
                 near ? "did you mean '" + *near + "'?" : "`sonde describe` lists them"};
}

Error no_table_has(const frames::MethodDescription &method, const std::vector<std::string> &columns)
{
    std::vector<std::string> names;
    for (const auto &table : method.tables)
        for (const auto &column : table.columns)
            names.push_back(column.id);
    for (const std::string &name : columns)
        if (std::none_of(method.tables.begin(), method.tables.end(),
                         [&](const auto &table) { return find_column(table, name).has_value(); }))
            return no_column(method.id, name, names);
    return Error{"--columns", "no table of " + method.id + " has them all", "`sonde describe` lists them"};
}

} // namespace

RowPrinter::RowPrinter(Console &console, const frames::MethodDescription &method, RowFormat format)
    : console_(&console), method_(&method), format_(format), left_out_(method.tables.size()), begun_(now().monotonic)
{
    progress_due_ = begun_ + kProgressFrom;
}

Result<RowPrinter> RowPrinter::make(Console &console, const frames::MethodDescription &method, const RowChoice &choice,
                                    const std::vector<std::string> &settled)
{
    RowPrinter printer(console, method, choice.format);
    std::vector<std::string> names;
    for (const auto &table : method.tables)
        names.push_back(table.id);
    const std::string &only = choice.table;
    if (!only.empty() && std::find(names.begin(), names.end(), only) == names.end()) {
        const auto near = nearest(only, names);
        return Error{"--table", method.id + " has no table '" + only + "'",
                     near ? "did you mean '" + *near + "'?" : ""};
    }
    for (const auto &table : method.tables) {
        printer.tables_.emplace_back();
        // CSV has one header: of the first table that there is something to show of.
        const bool enough = choice.format == RowFormat::csv && printer.shows_any();
        if ((!only.empty() && table.id != only) || enough)
            continue;
        if (const auto added = printer.add_table(table, choice, settled); !added)
            return added.error();
    }
    if (!printer.shows_any() && !choice.columns.empty())
        return no_table_has(method, choice.columns);
    if (!choice.table.empty() || !choice.columns.empty())
        printer.left_out_.clear(); // as was asked
    return printer;
}

bool RowPrinter::shows_any() const
{
    return std::any_of(tables_.begin(), tables_.end(), [](const auto &table) { return table.has_value(); });
}

// A table that lacks a chosen column is not shown, unless it was chosen itself.
Result<void> RowPrinter::add_table(const frames::TableDescription &table, const RowChoice &choice,
                                   const std::vector<std::string> &settled)
{
    std::vector<std::size_t> columns;
    std::vector<std::string> names;
    for (const auto &column : table.columns)
        names.push_back(column.id);
    for (const std::string &name : choice.columns) {
        const auto found = find_column(table, name);
        if (!found && !choice.table.empty())
            return no_column(table.id, name, names);
        if (!found)
            return {};
        if (std::find(columns.begin(), columns.end(), *found) == columns.end())
            columns.push_back(*found);
    }
    for (std::size_t i = 0; choice.columns.empty() && i < table.columns.size(); ++i)
        columns.push_back(i);
    std::vector<model::Column> reported;
    for (const std::size_t index : columns)
        reported.push_back(plugin_host::reported_column(table.columns[index]));
    const bool sentences = choice.table.empty() && choice.columns.empty() && reads_as_sentence(table);
    TableView view(table, columns, !choice.columns.empty(), settled);
    tables_.back() = Shown{&table, std::move(columns), std::move(reported), sentences, std::move(view)};
    return {};
}

void RowPrinter::begin_round(unsigned round)
{
    round_ = round;
    begun_ = now().monotonic;
    progress_due_ = begun_ + kProgressFrom;
}

void RowPrinter::row(std::uint32_t index, std::span<const sonde_cell> cells)
{
    if (!tables_[index]) {
        if (index < left_out_.size())
            ++left_out_[index];
        return;
    }
    if (format_ == RowFormat::json)
        print_json(*tables_[index], cells);
    else if (format_ == RowFormat::csv)
        print_csv(*tables_[index], cells);
    else
        print_for_people(index, cells);
}

void RowPrinter::print_json(const Shown &table, std::span<const sonde_cell> cells)
{
    std::vector<model::Cell> texts;
    for (std::size_t column : table.columns)
        texts.push_back(plugin_host::reported_cell(table.declared->columns[column], cells[column]));
    text_ += '{';
    model::append_member(text_, "table", table.declared->id);
    if (round_ != 0)
        text_ += ",\"round\":" + std::to_string(round_);
    if (!texts.empty())
        text_ += ',';
    model::append_members(text_, table.reported, texts);
    text_ += "}\n";
}

void RowPrinter::print_csv(Shown &table, std::span<const sonde_cell> cells)
{
    begin_csv(table);
    std::vector<std::string> fields;
    if (round_ != 0)
        fields.push_back(std::to_string(round_));
    for (const std::size_t column : table.columns)
        fields.push_back(plugin_host::reported_cell(table.declared->columns[column], cells[column]).value_or(""));
    text_ += csv_line(fields);
}

void RowPrinter::begin_csv(Shown &table)
{
    if (std::exchange(table.begun, true))
        return;
    std::vector<std::string> titles;
    if (round_ != 0)
        titles.emplace_back("round");
    for (const model::Column &column : table.reported)
        titles.push_back(model::member_name(column));
    text_ += csv_line(titles);
}

void RowPrinter::print_for_people(std::uint32_t index, std::span<const sonde_cell> cells)
{
    Shown &table = *tables_[index];
    if (waiting_ != index || table.view.waiting() >= kRowsAligned)
        flush_lines();
    if (table.sentences) {
        text_ += wrapped(row_sentence(*table.declared, cells), console_->out_width(), 2) + '\n';
        printed_ = index;
        return;
    }
    waiting_ = index;
    table.view.add(cells);
}

void RowPrinter::flush_lines()
{
    if (!waiting_)
        return;
    Shown &table = *tables_[*waiting_];
    const bool titled = printed_ != waiting_;
    if (titled && printed_)
        text_ += '\n';
    const auto tables = std::count_if(tables_.begin(), tables_.end(),
                                      [](const auto &each) { return each.has_value() && !each->sentences; });
    if (titled && tables > 1)
        text_ += table.declared->id + '\n';
    text_ += table.view.flush(*console_, titled);
    printed_ = std::exchange(waiting_, std::nullopt);
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

void RowPrinter::progress(std::uint64_t done, std::uint64_t total)
{
    const MonotonicTime at = now().monotonic;
    if (at < progress_due_)
        return;
    progress_due_ = at + kProgressEvery;
    std::string line = method_->id + ": " + std::to_string(done);
    if (total > 0)
        line += " of " + std::to_string(total) + ", " +
                std::to_string(static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(total))) + " %";
    console_->progress(line + ", " + human_duration((at - begun_).count()));
}

void RowPrinter::end()
{
    for (auto &table : tables_)
        if (table && format_ == RowFormat::csv)
            begin_csv(*table);
    console_->out(std::exchange(text_, {}));
    for (std::size_t i = 0; i < left_out_.size(); ++i)
        if (left_out_[i] > 0)
            console_->say(count_text(left_out_[i], "row") + " of " + method_->tables[i].id + " not shown, " +
                          "a file of CSV is one table; --table " + method_->tables[i].id + " shows them");
}

} // namespace sonde::cli
