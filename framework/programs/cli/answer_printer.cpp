#include "programs/cli/answer_printer.hpp"

#include "base/nearest.hpp"
#include "programs/cli/answer_row.hpp"
#include "programs/cli/csv.hpp"
#include "programs/cli/fit.hpp"
#include "programs/cli/human.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

namespace sonde::cli {

namespace {

// So many rows are aligned with each other.
constexpr std::size_t kAlignedRows = 500;
// So many are held back for a chosen column that none of them has, before they are shown without it.
constexpr std::size_t kWaitingRows = 10'000;
constexpr std::size_t kShortId = 8;
constexpr std::string_view kNanoseconds = "_ns"; // what tables for people leave out of a title

std::string as_json(const rapidjson::Value &value)
{
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

// A file has the values as they are.
std::string plain(const rapidjson::Value &value)
{
    if (value.IsNull())
        return "";
    return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : as_json(value);
}

bool is_duration(std::string_view name)
{
    return name.ends_with(kNanoseconds);
}

std::string for_people(std::string_view name, const rapidjson::Value &value)
{
    if (value.IsNull())
        return "-";
    if (value.IsString())
        return human_stamp(printable({value.GetString(), value.GetStringLength()}));
    if (is_duration(name) && value.IsInt64())
        return human_duration(value.GetInt64());
    if (name.ends_with("_ratio") && value.IsNumber())
        return human_share(value.GetDouble());
    if ((name == "bytes" || name.ends_with("_bytes")) && value.IsUint64())
        return human_bytes(value.GetUint64());
    if (value.IsBool())
        return value.GetBool() ? "yes" : "no";
    if (value.IsDouble())
        return human_number(value.GetDouble());
    if (value.IsArray()) {
        std::string list;
        for (const rapidjson::Value &item : value.GetArray())
            list += (list.empty() ? "" : ", ") + for_people("", item);
        return list;
    }
    if (value.IsObject()) {
        std::string parts;
        for (const auto &part : value.GetObject())
            parts += (parts.empty() ? "" : "/") + for_people("", part.value);
        return parts;
    }
    return printable(as_json(value));
}

std::string text_of(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

// The row with only the chosen members, in their order; what it lacks is null.
void keep_only(rapidjson::Document &row, const std::vector<std::string> &columns)
{
    rapidjson::Document chosen(rapidjson::kObjectType);
    for (const std::string &name : columns) {
        const auto found = row.FindMember(name);
        rapidjson::Value value;
        if (chosen.HasMember(name))
            continue;
        if (found != row.MemberEnd())
            value.CopyFrom(found->value, chosen.GetAllocator());
        chosen.AddMember(rapidjson::Value(name, chosen.GetAllocator()), value, chosen.GetAllocator());
    }
    row.Swap(chosen);
}

} // namespace

void add_answer_words(CLI::App &app, AnswerWords &words)
{
    CLI::Option *json = app.add_flag("--json", words.json, "one JSON object a line");
    app.add_flag("--csv", words.csv, "comma-separated values with a header; rows of one kind")->excludes(json);
    app.add_option("--columns", words.columns,
                   "only these columns, separated by commas, as --json or the table names them")
        ->delimiter(',')
        ->allow_extra_args(false);
}

AnswerPrinter::AnswerPrinter(Console &console, const AnswerWords &words, AnswerLook look)
    : console_(console), words_(words), look_(std::move(look)), missing_(words.columns)
{
}

Result<bool> AnswerPrinter::add(std::string_view json)
{
    auto row = read_answer_row(json);
    if (!row)
        return row.error();
    ++count_;
    find_columns(*row);
    if (!missing_.empty() && count_ <= kWaitingRows) {
        waiting_.emplace_back(json);
        return true;
    }
    for (const std::string &line : std::exchange(waiting_, {})) {
        auto earlier = read_answer_row(line);
        if (!earlier)
            return earlier.error();
        const Result<bool> shown = show(line, *earlier);
        if (!shown || !*shown)
            return shown;
    }
    return show(json, *row);
}

// A chosen name stays for all rows what it is in the first that has it.
void AnswerPrinter::find_columns(const rapidjson::Document &row)
{
    if (count_ == 1 && !missing_.empty())
        for (const auto &member : row.GetObject())
            known_.emplace_back(member.name.GetString(), member.name.GetStringLength());
    for (std::string &name : words_.columns) {
        const auto missing = std::find(missing_.begin(), missing_.end(), name);
        const std::string with_unit = name + std::string(kNanoseconds);
        const bool exact = row.HasMember(name);
        if (missing == missing_.end() || (!exact && !row.HasMember(with_unit)))
            continue;
        missing_.erase(missing);
        if (!exact)
            name = with_unit;
    }
}

Result<bool> AnswerPrinter::show(std::string_view json, rapidjson::Document &row)
{
    const bool mended = look_.mend != nullptr && look_.mend(row);
    if (words_.json && words_.columns.empty() && !mended)
        return console_.out(std::string(json) + '\n');
    if (!words_.columns.empty())
        keep_only(row, words_.columns);
    if (words_.json)
        return console_.out(as_json(row) + '\n');
    std::vector<Field> fields;
    for (const auto &member : row.GetObject()) {
        const std::string name(member.name.GetString(), member.name.GetStringLength());
        fields.push_back(
            {name, words_.csv ? plain(member.value) : for_people(name, member.value), member.value.IsNumber()});
    }
    return words_.csv ? add_csv(std::move(fields)) : Result<bool>(add_line(std::move(fields)));
}

Result<bool> AnswerPrinter::add_csv(std::vector<Field> row)
{
    std::vector<std::string> names, values;
    for (Field &field : row) {
        names.push_back(std::move(field.name));
        values.push_back(std::move(field.text));
    }
    if (begun_ && names != names_) {
        for (const auto *others : {&names, &names_})
            for (const std::string &name : *others)
                if (std::count(names.begin(), names.end(), name) != std::count(names_.begin(), names_.end(), name))
                    return Error{"--csv",
                                 "row " + std::to_string(count_) + " is of another kind than those above: '" + name +
                                     "' is not in both",
                                 "--columns NAME,... takes those that you want of every row, --json has all"};
        return Error{"--csv", "row " + std::to_string(count_) + " has its columns in another order", "--columns"};
    }
    names_ = names;
    if (!std::exchange(begun_, true) && !console_.out(csv_line(names)))
        return false;
    return console_.out(csv_line(values));
}

bool AnswerPrinter::add_line(std::vector<Field> row)
{
    const auto put_aside = [&](const Field &field) {
        return words_.columns.empty() &&
               std::find(look_.aside.begin(), look_.aside.end(), field.name) != look_.aside.end();
    };
    for (const Field &field : row)
        if (put_aside(field) && std::find(left_out_.begin(), left_out_.end(), field.name) == left_out_.end())
            left_out_.push_back(field.name);
    std::erase_if(row, put_aside);
    for (Field &field : row)
        if (look_.short_ids && (field.name == "agent" || field.name == "run"))
            field.text.resize(std::min(field.text.size(), kShortId));
    std::vector<std::string> names;
    for (const Field &field : row)
        names.push_back(field.name);
    if (names != names_) {
        // Another kind of row: a table of its own.
        if (!flush_table())
            return false;
        names_ = std::move(names);
        begun_ = false;
    }
    held_.push_back(std::move(row));
    return held_.size() < kAlignedRows || flush_table();
}

// Which fields the table has, by the rows held.
Table AnswerPrinter::begin_table()
{
    std::vector<Table::Column> columns;
    std::vector<Asking> asking;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        Table::Column column{names_[i], Table::Align::left, 0};
        if (is_duration(column.title))
            column.title.erase(column.title.size() - kNanoseconds.size());
        const bool words = std::any_of(held_.begin(), held_.end(),
                                       [&](const auto &row) { return !row[i].number && row[i].text != "-"; });
        const bool numbers =
            !words && std::any_of(held_.begin(), held_.end(), [&](const auto &row) { return row[i].number; });
        column.align = numbers ? Table::Align::right : Table::Align::left;
        std::size_t width = width_of(column.title);
        for (const auto &row : held_)
            width = std::max(width, width_of(row[i].text));
        asking.push_back({width, 0});
        columns.push_back(std::move(column));
    }
    const std::vector<bool> stays = fit(asking, words_.columns.empty() ? console_.out_width() : Console::kUnlimited);
    std::vector<Table::Column> shown;
    shown_.clear();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (stays[i]) {
            shown.push_back(std::move(columns[i]));
            shown_.push_back(i);
        } else if (std::find(left_out_.begin(), left_out_.end(), names_[i]) == left_out_.end()) {
            left_out_.push_back(names_[i]);
        }
    }
    return Table(std::move(shown));
}

bool AnswerPrinter::flush_table()
{
    if (held_.empty())
        return true;
    const bool first = !std::exchange(begun_, true);
    if (first)
        table_ = begin_table();
    std::vector<std::vector<std::string>> lines;
    for (auto &row : held_) {
        std::vector<std::string> &line = lines.emplace_back();
        for (const std::size_t i : shown_)
            line.push_back(std::move(row[i].text));
    }
    held_.clear();
    std::string header = first ? table_.header(lines) : "";
    if (first)
        header.pop_back();
    return console_.out((first ? console_.bold(header) + '\n' : "") + table_.lines(lines));
}

Result<void> AnswerPrinter::end()
{
    flush_table();
    if (!left_out_.empty() && !console_.reader_gone())
        console_.say(wrapped("not shown: " + text_of(left_out_) + "; --columns NAME,... chooses, --json has all",
                             console_.err_width(), 2));
    if (count_ == 0 || missing_.empty())
        return {};
    const auto near = nearest(missing_.front(), known_);
    return Error{"--columns", "no row has '" + missing_.front() + "'",
                 near ? "did you mean '" + *near + "'?" : "there are " + text_of(known_)};
}

Result<std::size_t> print_rows(Console &console, const AnswerWords &words, const std::vector<std::string> &rows)
{
    AnswerPrinter printer(console, words, {});
    for (const std::string &row : rows) {
        const Result<bool> read_on = printer.add(row);
        if (!read_on)
            return read_on.error();
        if (!*read_on)
            break;
    }
    if (const Result<void> ended = printer.end(); !ended)
        return ended.error();
    return printer.rows();
}

} // namespace sonde::cli
