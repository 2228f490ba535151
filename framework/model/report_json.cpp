#include "model/report_json.hpp"

#include "model/cells.hpp"
#include "model/json/common_tables.hpp"
#include "model/json/root.hpp"

#include <algorithm>
#include <utility>

namespace sonde::model {

namespace json {

namespace {

constexpr std::string_view kReportRoot = "ietf-lmap-report:input";

} // namespace

template <>
struct Node<Column> {
    using S = Column;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        leaf<&S::type, ColumnType>("type", kMandatory),
        leaf<&S::unit, Text>("unit"),
        leaf_list<&S::words, Text, kWordsMax>("word"),
    };
};

namespace {

// A column's name stands in RFC 8194's list of labels, all else of it in sonde-lmap's list, in the same order.
struct Labels {
    static constexpr Shape kShape{.kind = Kind::leaf_list};

    static void read(Context &context, const Value &value, std::vector<Column> &columns)
    {
        std::vector<std::string> names;
        LeafList<Name, kColumnsMax, kUnique>::read(context, value, names);
        for (std::string &name : names)
            columns.push_back({.name = std::move(name), .type = "string", .unit = {}, .words = {}});
    }
    static void write(Writer &writer, const std::vector<Column> &columns)
    {
        writer.StartArray();
        for (const Column &column : columns)
            put(writer, column.name);
        writer.EndArray();
    }
};

struct ColumnTypes {
    using Typed = List<Column, kColumnsMax>;
    static constexpr Shape kShape = Typed::kShape;

    static void read(Context &context, const Value &value, std::vector<Column> &columns)
    {
        std::vector<Column> typed;
        Typed::read(context, value, typed);
        const auto same_name = [](const Column &a, const Column &b) { return a.name == b.name; };
        if (std::equal(columns.begin(), columns.end(), typed.begin(), typed.end(), same_name))
            columns = std::move(typed);
        else
            context.error("differs from the list 'column'", "the same names in the same order");
    }
    static void write(Writer &writer, const std::vector<Column> &columns) { Typed::write(writer, columns); }
};

// A row as it travels: a null is an empty value whose position is in `null`.
struct Row {
    std::vector<Cell> cells;
};

void read_cells(Context &context, const Value &value, std::size_t count, Row &row)
{
    if (!value.IsArray())
        return context.wrong_type("an array", value);
    for (const Value &cell : value.GetArray())
        if (!cell.IsString())
            return context.wrong_type("a string", cell, "cells of every type are strings here");
    if (value.Size() != count)
        return context.error("has " + std::to_string(value.Size()) + " cells",
                             "the table has " + std::to_string(count) + " columns");
    row.cells.reserve(count);
    for (const Value &cell : value.GetArray())
        row.cells.emplace_back(text_of(cell));
}

void read_nulls(Context &context, const Value &value, Row &row)
{
    if (!value.IsArray())
        return context.wrong_type("an array", value);
    for (const Value &position : value.GetArray()) {
        std::int64_t at = 0;
        if (!read_integer(context, position, 0, std::numeric_limits<std::uint16_t>::max(), at))
            return;
        if (static_cast<std::size_t>(at) >= row.cells.size() || row.cells[at] != "")
            return context.error("position " + std::to_string(at) + " is not an empty value",
                                 "positions count from 0, each stands here once");
        row.cells[at].reset();
    }
}

void check_cells(Context &context, const std::vector<Column> &columns, const Row &row)
{
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
        const Cell &cell = row.cells[i];
        if (cell && !is_cell_text(columns[i].type, *cell))
            context.error_at("value[" + std::to_string(i + 1) + "]", "'" + shown(*cell) + "' is no " + columns[i].type,
                             "column '" + shown(columns[i].name) + "'");
    }
}

void read_row(Context &context, const Value &value, const std::vector<Column> &columns, Row &row)
{
    constexpr std::array<std::string_view, 2> kNames{"value", "sonde-lmap:null"};
    if (!value.IsObject())
        return context.wrong_type("an object", value);
    std::array<const Value *, 2> given{};
    for (const auto &member : value.GetObject()) {
        const auto found = std::find(kNames.begin(), kNames.end(), text_of(member.name));
        if (found == kNames.end())
            return context.error_at(text_of(member.name), "no node named '" + shown(text_of(member.name)) + "'",
                                    name_hint(text_of(member.name), "nodes", kNames));
        if (std::exchange(given[found - kNames.begin()], &member.value) != nullptr)
            return context.error_at(*found, "is there twice");
    }
    static const Value kNone(rapidjson::kArrayType);
    {
        const Context::Inside inside(context, {.name = kNames[0]});
        read_cells(context, given[0] != nullptr ? *given[0] : kNone, columns.size(), row);
    }
    if (given[1] != nullptr) {
        const Context::Inside inside(context, {.name = kNames[1]});
        read_nulls(context, *given[1], row);
    }
    check_cells(context, columns, row);
}

void read_rows(Context &context, const Value &value, Table &table)
{
    if (!read_array(context, value, kRowsMax))
        return;
    table.rows.reserve(value.Size());
    for (rapidjson::SizeType i = 0; i < value.Size() && !context.full(); ++i) {
        const Context::Inside inside(context, {.name = {}, .position = i + 1});
        Row row;
        read_row(context, value[i], table.columns, row);
        table.rows.push_back(std::move(row.cells));
    }
}

void write_row(Writer &writer, const std::vector<Cell> &row)
{
    bool any_null = false;
    writer.StartObject();
    writer.Key("value", 5);
    writer.StartArray();
    for (const Cell &cell : row) {
        any_null = any_null || !cell;
        put(writer, cell ? std::string_view(*cell) : std::string_view());
    }
    writer.EndArray();
    if (any_null) {
        writer.Key("sonde-lmap:null", 15);
        writer.StartArray();
        for (std::size_t i = 0; i < row.size(); ++i)
            if (!row[i])
                writer.Uint(static_cast<unsigned>(i));
        writer.EndArray();
    }
    writer.EndObject();
}

std::span<const Schema> row_schemas()
{
    static constexpr std::array kSchemas{
        Schema{"value", {.kind = Kind::leaf_list}},
        Schema{"sonde-lmap:null", {.kind = Kind::leaf_list, .scalar = Scalar::number}},
    };
    return kSchemas;
}

// A report may be all rows, so they have a path of their own beside the tables.
constexpr Field<Table> rows(std::string_view name)
{
    return {.name = name,
            .shape = {.kind = Kind::list, .children = row_schemas},
            .read = read_rows,
            .present = [](const Table &table) { return !table.rows.empty(); },
            .write =
                [](Writer &writer, const Table &table) {
                    writer.StartArray();
                    for (const std::vector<Cell> &row : table.rows)
                        write_row(writer, row);
                    writer.EndArray();
                }};
}

} // namespace

template <>
struct Node<Table> {
    using S = Table;
    static constexpr std::array fields{
        leaf<&S::name, Name>("sonde-lmap:name"),
        list<&S::functions, kFunctionsMax>("function"),
        leaf<&S::columns, Labels>("column"),
        leaf<&S::columns, ColumnTypes>("sonde-lmap:column-type"),
        rows("row"),
    };
};

template <>
struct Node<Conflict> {
    using S = Conflict;
    static constexpr std::array fields{
        leaf<&S::schedule, Name>("schedule-name"),
        leaf<&S::action, Name>("action-name"),
        leaf<&S::task, Name>("task-name"),
    };
};

template <>
struct Node<ReportedResult> {
    using S = ReportedResult;
    static constexpr std::array fields{
        leaf_in<&S::identity, &EntryIdentity::epoch, UuidText>("sonde-lmap:epoch"),
        leaf_in<&S::identity, &EntryIdentity::sequence, Unsigned64>("sonde-lmap:sequence"),
        leaf<&S::run, UuidText>("sonde-lmap:run", kMandatory),
        leaf<&S::part, Integer<std::uint32_t>>("sonde-lmap:part"),
        leaf<&S::last, Boolean>("sonde-lmap:last"),
        leaf<&S::method, Name>("sonde-lmap:method", kMandatory),
        leaf<&S::method_version, Name>("sonde-lmap:method-version"),
        leaf<&S::plugin_hash, Hash>("sonde-lmap:plugin-hash"),
        leaf<&S::plugin_version, Text>("sonde-lmap:plugin-version"),
        leaf<&S::message, Text>("sonde-lmap:message"),
        leaf<&S::schedule, Name>("schedule"),
        leaf<&S::action, Name>("action"),
        leaf<&S::task, Name>("task"),
        refused<S>("parameters", "are of no module that is known here"),
        list<&S::options, kOptionsMax>("option"),
        leaf_list<&S::tags, Name, kTagsMax>("tag"),
        leaf<&S::event, DateTime>("event"),
        leaf<&S::start, DateTime>("start", kMandatory),
        leaf<&S::end, DateTime>("end"),
        leaf<&S::cycle_number, CycleNumber>("cycle-number"),
        leaf<&S::status, Integer<std::int32_t>>("status", kMandatory),
        list<&S::conflicts, kConflictsMax>("conflict"),
        list<&S::tables, kTablesMax>("table"),
    };
};

template <>
struct Node<Report> {
    using S = Report;
    static constexpr std::array fields{
        leaf<&S::date, DateTime>("date", kMandatory),
        leaf<&S::agent_id, UuidText>("agent-id"),
        leaf<&S::group_id, Text>("group-id"),
        leaf<&S::measurement_point, Text>("measurement-point"),
        leaf<&S::clock, Object<ClockState>>("sonde-lmap:clock"),
        list<&S::results, kResultsMax>("result"),
    };
};

std::span<const Schema> report_schemas()
{
    return schemas_of<Node<Report>>();
}

} // namespace json

Reading<Report> read_report(std::string_view text)
{
    return json::read_document<Report>(text, kReportBytesMax, json::kReportRoot);
}

std::string write_report(const Report &report)
{
    return json::write_document(report, json::kReportRoot);
}

std::string write_report(const Report &header, std::span<const std::string> encoded_results)
{
    std::string text = json::write_document(
        Report{header.date, header.agent_id, header.group_id, header.measurement_point, {}, header.clock},
        json::kReportRoot);
    constexpr std::string_view kEnd = "}}";
    text.resize(text.size() - kEnd.size());
    if (encoded_results.empty())
        return text.append(kEnd);
    std::size_t bytes = text.size() + 32;
    for (const std::string &result : encoded_results)
        bytes += result.size() + 1;
    text.reserve(bytes);
    text += ",\"result\":";
    char separator = '[';
    for (const std::string &result : encoded_results) {
        text += std::exchange(separator, ',');
        text += result;
    }
    return text.append("]").append(kEnd);
}

std::string write_result(const ReportedResult &result)
{
    return json::write_document(result, {});
}

Reading<ReportedResult> read_result(std::string_view text)
{
    return json::read_document<ReportedResult>(text, kReportBytesMax, {});
}

} // namespace sonde::model
