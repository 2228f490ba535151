#include "model/row_json.hpp"

#include <rapidjson/writer.h>

#include <algorithm>

namespace sonde::model {

namespace {

constexpr char kNanoseconds[] = "_ns";

// RapidJSON's output stream over the end of a string; its own buffer would be allocated for each name and value.
struct Appended {
    using Ch = char;

    std::string &json;

    void Put(char c) { json += c; }
    void Flush() {}
};

void append_quoted(std::string &json, std::string_view text)
{
    Appended end{json};
    rapidjson::Writer<Appended>(end).String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

bool is_nanoseconds(const Column &column)
{
    return column.type == "duration" || (column.type == "timestamp" && column.unit == "ns");
}

// The text form of these types is a JSON value as it stands.
bool is_bare(const Column &column)
{
    return column.type == "int" || column.type == "double" || column.type == "bool" || is_nanoseconds(column);
}

} // namespace

std::string member_name(const Column &column)
{
    return is_nanoseconds(column) ? column.name + kNanoseconds : column.name;
}

void append_members(std::string &json, std::span<const Column> columns, std::span<const Cell> cells)
{
    for (std::size_t i = 0; i < std::min(columns.size(), cells.size()); ++i) {
        if (i > 0)
            json += ',';
        append_quoted(json, columns[i].name);
        if (is_nanoseconds(columns[i]))
            json.insert(json.size() - 1, kNanoseconds);
        json += ':';
        if (!cells[i])
            json += "null";
        else if (is_bare(columns[i]))
            json += *cells[i];
        else
            append_quoted(json, *cells[i]);
    }
}

void append_member(std::string &json, std::string_view name, std::string_view value)
{
    append_quoted(json, name);
    json += ':';
    append_quoted(json, value);
}

} // namespace sonde::model
