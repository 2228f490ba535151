#include "store/cells.hpp"

#include "model/cells.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>

namespace sonde::store {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer &writer, std::string_view text)
{
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

std::string text_of(const rapidjson::StringBuffer &buffer)
{
    return {buffer.GetString(), buffer.GetSize()};
}

std::string_view text_of(const rapidjson::Value &value)
{
    return {value.GetString(), value.GetStringLength()};
}

Error damaged()
{
    return {"repository", "a row's JSON text is damaged", "check the database with PRAGMA integrity_check"};
}

// A double's text may have forms that JSON has not, such as ".5".
void put_double(Writer &writer, std::string_view text)
{
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    const auto plain = model::double_text(value);
    writer.RawValue(plain.data(), plain.size(), rapidjson::kNumberType);
}

void put_cell(Writer &writer, const std::string &type, const model::Cell &cell)
{
    if (!cell)
        writer.Null();
    else if (type == "int" || type == "duration" || (type == "timestamp" && cell->find('T') == std::string::npos))
        writer.RawValue(cell->data(), cell->size(), rapidjson::kNumberType);
    else if (type == "double")
        put_double(writer, *cell);
    else if (type == "bool")
        writer.Bool(*cell == "true");
    else
        put(writer, *cell);
}

// An array of what `read` makes of each element; `read` gives nothing for one that is wrong.
template <class T, class Read>
Result<std::vector<T>> decode_array(std::string_view json, Read read)
{
    rapidjson::Document document;
    document.Parse<rapidjson::kParseNumbersAsStringsFlag>(json.data(), json.size());
    if (document.HasParseError() || !document.IsArray())
        return damaged();
    std::vector<T> all;
    all.reserve(document.Size());
    for (const auto &element : document.GetArray()) {
        auto one = read(element);
        if (!one)
            return damaged();
        all.push_back(std::move(*one));
    }
    return all;
}

const rapidjson::Value *string_member(const rapidjson::Value &object, const char *name)
{
    if (!object.IsObject())
        return nullptr;
    const auto found = object.FindMember(name);
    return found != object.MemberEnd() && found->value.IsString() ? &found->value : nullptr;
}

} // namespace

std::string encode_cells(const std::vector<model::Column> &columns, const std::vector<model::Cell> &cells)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartArray();
    for (std::size_t i = 0; i < cells.size(); ++i)
        put_cell(writer, columns[i].type, cells[i]);
    writer.EndArray();
    return text_of(buffer);
}

Result<std::vector<model::Cell>> decode_cells(std::string_view json)
{
    return decode_array<model::Cell>(json, [](const rapidjson::Value &cell) -> std::optional<model::Cell> {
        if (cell.IsNull())
            return model::Cell();
        if (cell.IsBool())
            return model::Cell(model::bool_text(cell.GetBool()));
        if (cell.IsString())
            return model::Cell(std::string(text_of(cell)));
        return std::nullopt;
    });
}

std::string encode_columns(const std::vector<model::Column> &columns)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartArray();
    for (const auto &column : columns) {
        writer.StartObject();
        writer.Key("name");
        put(writer, column.name);
        writer.Key("type");
        put(writer, column.type);
        writer.Key("unit");
        put(writer, column.unit);
        writer.Key("words");
        writer.StartArray();
        for (const auto &word : column.words)
            put(writer, word);
        writer.EndArray();
        writer.EndObject();
    }
    writer.EndArray();
    return text_of(buffer);
}

Result<std::vector<model::Column>> decode_columns(std::string_view json)
{
    return decode_array<model::Column>(json, [](const rapidjson::Value &value) -> std::optional<model::Column> {
        const auto *name = string_member(value, "name");
        const auto *type = string_member(value, "type");
        const auto *unit = string_member(value, "unit");
        if (!name || !type || !unit || !value.HasMember("words") || !value["words"].IsArray())
            return std::nullopt;
        model::Column column{std::string(text_of(*name)), std::string(text_of(*type)), std::string(text_of(*unit)), {}};
        for (const auto &word : value["words"].GetArray())
            if (word.IsString())
                column.words.emplace_back(text_of(word));
        return column;
    });
}

std::string encode_options(const std::vector<model::Option> &options)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartArray();
    for (const auto &option : options) {
        writer.StartObject();
        writer.Key("id");
        put(writer, option.id);
        writer.Key("name");
        put(writer, option.name);
        if (option.value) {
            writer.Key("value");
            put(writer, *option.value);
        }
        writer.EndObject();
    }
    writer.EndArray();
    return text_of(buffer);
}

Result<std::vector<model::Option>> decode_options(std::string_view json)
{
    return decode_array<model::Option>(json, [](const rapidjson::Value &value) -> std::optional<model::Option> {
        const auto *id = string_member(value, "id");
        const auto *name = string_member(value, "name");
        if (!id || !name)
            return std::nullopt;
        model::Option option{std::string(text_of(*id)), std::string(text_of(*name)), std::nullopt};
        if (const auto *given = string_member(value, "value"))
            option.value = std::string(text_of(*given));
        return option;
    });
}

std::string encode_conflicts(const std::vector<model::Conflict> &conflicts)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartArray();
    for (const auto &conflict : conflicts) {
        writer.StartObject();
        writer.Key("schedule");
        put(writer, conflict.schedule);
        writer.Key("action");
        put(writer, conflict.action);
        writer.Key("task");
        put(writer, conflict.task);
        writer.EndObject();
    }
    writer.EndArray();
    return text_of(buffer);
}

Result<std::vector<model::Conflict>> decode_conflicts(std::string_view json)
{
    return decode_array<model::Conflict>(json, [](const rapidjson::Value &value) -> std::optional<model::Conflict> {
        const auto *schedule = string_member(value, "schedule");
        const auto *action = string_member(value, "action");
        const auto *task = string_member(value, "task");
        if (!schedule || !action || !task)
            return std::nullopt;
        return model::Conflict{std::string(text_of(*schedule)), std::string(text_of(*action)),
                               std::string(text_of(*task))};
    });
}

std::string encode_strings(const std::vector<std::string> &strings)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartArray();
    for (const auto &string : strings)
        put(writer, string);
    writer.EndArray();
    return text_of(buffer);
}

Result<std::vector<std::string>> decode_strings(std::string_view json)
{
    return decode_array<std::string>(json, [](const rapidjson::Value &value) -> std::optional<std::string> {
        return value.IsString() ? std::optional(std::string(text_of(value))) : std::nullopt;
    });
}

} // namespace sonde::store
