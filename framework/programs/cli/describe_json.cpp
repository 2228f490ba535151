#include "programs/cli/describe.hpp"

#include "frames/text.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace sonde::cli {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void member(Writer &json, const char *name, const std::string &value)
{
    json.Key(name);
    json.String(value);
}

void member(Writer &json, const char *name, const std::optional<std::string> &value)
{
    json.Key(name);
    if (value)
        json.String(*value);
    else
        json.Null();
}

void member(Writer &json, const char *name, bool value)
{
    json.Key(name);
    json.Bool(value);
}

void member(Writer &json, const char *name, const std::vector<std::string> &values)
{
    json.Key(name);
    json.StartArray();
    for (const std::string &value : values)
        json.String(value);
    json.EndArray();
}

void write_option(Writer &json, const frames::OptionDescription &option)
{
    json.StartObject();
    member(json, "id", option.id);
    member(json, "type", frames::type_name(option.type));
    member(json, "list", option.list);
    member(json, "required", option.required);
    member(json, "target", option.target);
    member(json, "unit", option.unit);
    member(json, "default", option.default_value);
    member(json, "minimum", option.minimum);
    member(json, "maximum", option.maximum);
    member(json, "words", option.words);
    member(json, "help", option.help);
    json.EndObject();
}

void write_table(Writer &json, const frames::TableDescription &table)
{
    json.StartObject();
    member(json, "id", table.id);
    member(json, "help", table.help);
    json.Key("columns");
    json.StartArray();
    for (const auto &column : table.columns) {
        json.StartObject();
        member(json, "id", column.id);
        member(json, "type", frames::type_name(column.type));
        if (column.type == SONDE_TIMESTAMP)
            member(json, "clock", std::string(column.clock == SONDE_CLOCK_WALL ? "wall" : "monotonic"));
        member(json, "nullable", column.nullable);
        member(json, "unit", column.unit);
        member(json, "words", column.words);
        member(json, "help", column.help);
        json.EndObject();
    }
    json.EndArray();
    json.EndObject();
}

void write_status(Writer &json, const frames::StatusDescription &status)
{
    json.StartObject();
    json.Key("code");
    json.Int(status.code);
    member(json, "id", status.id);
    const bool known = status.blame <= SONDE_BLAME_POLICY;
    member(json, "blame", std::string(known ? to_string(static_cast<model::Blame>(status.blame)) : "unknown"));
    member(json, "help", status.help);
    json.EndObject();
}

template <class T>
void array(Writer &json, const char *name, const std::vector<T> &items, void (*write)(Writer &, const T &))
{
    json.Key(name);
    json.StartArray();
    for (const T &item : items)
        write(json, item);
    json.EndArray();
}

void write_function(Writer &json, const frames::FunctionDescription &function)
{
    json.StartObject();
    member(json, "uri", function.uri);
    member(json, "roles", function.roles);
    json.EndObject();
}

void write_plugin(Writer &json, const plugin_host::CatalogueMethod &found)
{
    const frames::Description &plugin = *found.description;
    json.StartObject();
    member(json, "name", plugin.name);
    member(json, "version", plugin.version);
    member(json, "vendor", plugin.vendor);
    member(json, "licence", plugin.licence);
    member(json, "abi", "1." + std::to_string(plugin.abi_minor));
    member(json, "requires", plugin.required_extensions);
    member(json, "manual", plugin.manual);
    member(json, "cold", plugin.cold);
    member(json, "file", found.file.string());
    member(json, "sha256", found.hash);
    json.EndObject();
}

} // namespace

std::string describe_json(const plugin_host::CatalogueMethod &found, const std::optional<plugin_host::RunResult> &probe)
{
    const frames::MethodDescription &method = found.method();
    rapidjson::StringBuffer buffer;
    Writer json(buffer);
    json.StartObject();
    member(json, "method", method.id);
    member(json, "version", method.version);
    member(json, "help", method.help);
    json.Key("plugin");
    write_plugin(json, found);
    array(json, "functions", method.functions, write_function);
    member(json, "flags", flag_words(method.flags));
    member(json, "privileges", privilege_words(method.privileges));
    member(json, "traffic_bound", method.traffic_bound);
    member(json, "parameters", method.parameters);
    if (probe) {
        member(json, "runs_here", probe->status == 0);
        member(json, "why_not", probe->message);
    }
    array(json, "options", method.options, write_option);
    array(json, "tables", method.tables, write_table);
    array(json, "statuses", method.statuses, write_status);
    json.EndObject();
    return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

} // namespace sonde::cli
