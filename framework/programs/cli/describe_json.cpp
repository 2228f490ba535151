#include "programs/cli/describe.hpp"

#include "frames/text.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace sonde::cli {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void add_member(Writer &json, const char *name, const std::string &value)
{
    json.Key(name);
    json.String(value);
}

void add_member(Writer &json, const char *name, const std::optional<std::string> &value)
{
    json.Key(name);
    if (value)
        json.String(*value);
    else
        json.Null();
}

void add_member(Writer &json, const char *name, bool value)
{
    json.Key(name);
    json.Bool(value);
}

void add_member(Writer &json, const char *name, const std::vector<std::string> &values)
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
    add_member(json, "id", option.id);
    add_member(json, "type", frames::type_name(option.type));
    add_member(json, "list", option.list);
    add_member(json, "required", option.required);
    add_member(json, "target", option.target);
    add_member(json, "unit", option.unit);
    add_member(json, "default", option.default_value);
    add_member(json, "minimum", option.minimum);
    add_member(json, "maximum", option.maximum);
    add_member(json, "words", option.words);
    add_member(json, "help", option.help);
    json.EndObject();
}

void write_table(Writer &json, const frames::TableDescription &table)
{
    json.StartObject();
    add_member(json, "id", table.id);
    add_member(json, "help", table.help);
    json.Key("columns");
    json.StartArray();
    for (const auto &column : table.columns) {
        json.StartObject();
        add_member(json, "id", column.id);
        add_member(json, "type", frames::type_name(column.type));
        if (column.type == SONDE_TIMESTAMP)
            add_member(json, "clock", std::string(column.clock == SONDE_CLOCK_WALL ? "wall" : "monotonic"));
        add_member(json, "nullable", column.nullable);
        add_member(json, "unit", column.unit);
        add_member(json, "words", column.words);
        add_member(json, "help", column.help);
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
    add_member(json, "id", status.id);
    const bool known = status.blame <= SONDE_BLAME_POLICY;
    add_member(json, "blame", std::string(known ? to_string(static_cast<model::Blame>(status.blame)) : "unknown"));
    add_member(json, "help", status.help);
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
    add_member(json, "uri", function.uri);
    add_member(json, "roles", function.roles);
    add_member(json, "fixed_options", function.fixed_options);
    json.EndObject();
}

void write_plugin(Writer &json, const plugin_host::CatalogueMethod &found)
{
    const frames::Description &plugin = *found.description;
    json.StartObject();
    add_member(json, "name", plugin.name);
    add_member(json, "version", plugin.version);
    add_member(json, "vendor", plugin.vendor);
    add_member(json, "licence", plugin.licence);
    add_member(json, "abi", "1." + std::to_string(plugin.abi_minor));
    add_member(json, "requires", plugin.required_extensions);
    add_member(json, "manual", plugin.manual);
    add_member(json, "cold", frames::runs_cold(plugin));
    add_member(json, "file", found.file.string());
    add_member(json, "sha256", found.hash);
    json.EndObject();
}

} // namespace

std::string describe_json(const plugin_host::CatalogueMethod &found, const std::optional<plugin_host::RunResult> &probe)
{
    const frames::MethodDescription &method = found.method();
    rapidjson::StringBuffer buffer;
    Writer json(buffer);
    json.StartObject();
    add_member(json, "method", method.id);
    add_member(json, "version", method.version);
    add_member(json, "help", method.help);
    json.Key("plugin");
    write_plugin(json, found);
    array(json, "functions", method.functions, write_function);
    add_member(json, "flags", flag_words(method.flags));
    add_member(json, "privileges", privilege_words(method.privileges));
    add_member(json, "traffic_bound", method.traffic_bound);
    add_member(json, "parameters", method.parameters);
    if (probe) {
        add_member(json, "runs_here", probe->status == 0);
        add_member(json, "why_not", probe->message);
    }
    array(json, "options", method.options, write_option);
    array(json, "tables", method.tables, write_table);
    array(json, "statuses", method.statuses, write_status);
    json.EndObject();
    return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

} // namespace sonde::cli
