#include "programs/cli/answer_printer.hpp"

#include "programs/cli/human.hpp"
#include "programs/cli/table.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace sonde::cli {

namespace {

// So many rows are aligned with each other.
constexpr std::size_t kAlignedRows = 500;

std::string as_json(const rapidjson::Value &value)
{
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

bool is_duration(std::string_view name)
{
    return name.ends_with("_ns");
}

std::string for_people(std::string_view name, const rapidjson::Value &value)
{
    if (value.IsNull())
        return "-";
    if (value.IsString())
        return printable({value.GetString(), value.GetStringLength()});
    if (is_duration(name) && value.IsInt64())
        return human_duration(value.GetInt64());
    if (value.IsBool())
        return value.GetBool() ? "yes" : "no";
    if (value.IsArray()) {
        std::string list;
        for (const rapidjson::Value &item : value.GetArray())
            list += (list.empty() ? "" : ", ") + for_people("", item);
        return list;
    }
    return as_json(value);
}

// RFC 4180.
std::string for_csv(const rapidjson::Value &value)
{
    if (value.IsNull())
        return "";
    std::string text = value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : as_json(value);
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (char c : text)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

std::string csv_line(const std::vector<std::string> &fields)
{
    std::string line;
    for (const std::string &field : fields)
        line += (&field == &fields.front() ? "" : ",") + field;
    return line + "\r\n";
}

} // namespace

void add_answer_words(CLI::App &app, AnswerWords &words)
{
    CLI::Option *json = app.add_flag("--json", words.json, "one JSON object a line");
    app.add_flag("--csv", words.csv, "comma-separated values with a header")->excludes(json);
}

AnswerPrinter::AnswerPrinter(Console &console, const AnswerWords &words, std::vector<std::string> hidden)
    : console_(console), words_(words), hidden_(std::move(hidden))
{
}

bool AnswerPrinter::add(std::string_view json)
{
    ++count_;
    if (words_.json)
        return console_.out(std::string(json) + '\n');
    return words_.csv ? add_csv(json) : add_cells(json);
}

bool AnswerPrinter::add_csv(std::string_view json)
{
    rapidjson::Document row;
    row.Parse(json.data(), json.size());
    if (!row.IsObject())
        return true;
    std::vector<std::string> names, values;
    for (const auto &member : row.GetObject()) {
        names.push_back(for_csv(member.name));
        values.push_back(for_csv(member.value));
    }
    // A file has one header: rows of another kind would stand under the wrong names.
    if (begun_ && names != names_)
        return true;
    names_ = names;
    if (!std::exchange(begun_, true) && !console_.out(csv_line(names)))
        return false;
    return console_.out(csv_line(values));
}

bool AnswerPrinter::add_cells(std::string_view json)
{
    rapidjson::Document row;
    row.Parse(json.data(), json.size());
    if (!row.IsObject())
        return true;
    std::vector<std::string> names, cells;
    for (const auto &member : row.GetObject()) {
        const std::string name(member.name.GetString(), member.name.GetStringLength());
        if (std::find(hidden_.begin(), hidden_.end(), name) != hidden_.end())
            continue;
        names.push_back(is_duration(name) ? name.substr(0, name.size() - 3) : name);
        cells.push_back(for_people(name, member.value));
    }
    if (names != names_) {
        // Another kind of row: a table of its own.
        if (!flush_table())
            return false;
        names_ = std::move(names);
        begun_ = false;
    }
    held_.push_back(std::move(cells));
    return held_.size() < kAlignedRows || flush_table();
}

bool AnswerPrinter::flush_table()
{
    if (held_.empty())
        return true;
    std::vector<Table::Column> columns;
    for (const std::string &name : names_)
        columns.push_back({name, Table::Align::left});
    Table table(std::move(columns));
    const std::string header = table.header(held_);
    bool good = std::exchange(begun_, true) || console_.out(console_.bold(header));
    good = good && console_.out(table.lines(held_));
    held_.clear();
    return good;
}

void AnswerPrinter::end()
{
    flush_table();
}

} // namespace sonde::cli
