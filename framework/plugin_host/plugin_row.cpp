#include "plugin_host/plugin_row.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace sonde::plugin_host {

namespace {

const char *state_of(const PluginFile &plugin, const std::vector<CatalogueMethod> &methods)
{
    if (!plugin.known)
        return "loading";
    if (!plugin.ready())
        return plugin.failures && plugin.failures->quarantined ? "quarantined" : "refused";
    if (std::any_of(methods.begin(), methods.end(), [&](const auto &method) { return method.file == plugin.file; }))
        return "ready";
    const auto &own = plugin.description->methods;
    const auto is_elsewhere = [&](const frames::MethodDescription &method) {
        return std::any_of(methods.begin(), methods.end(),
                           [&](const auto &offered) { return offered.method().id == method.id; });
    };
    return std::any_of(own.begin(), own.end(), is_elsewhere) ? "shadowed" : "unfit";
}

} // namespace

std::string plugin_row(const PluginFile &plugin, const Catalogue &catalogue)
{
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    const auto text = [&](const char *name, const std::string &value) {
        json.Key(name);
        if (value.empty())
            json.Null();
        else
            json.String(value);
    };
    json.StartObject();
    text("plugin", plugin.ready() ? plugin.description->name : plugin.file.stem().string());
    text("version", plugin.ready() ? plugin.description->version : "");
    json.Key("methods");
    json.StartArray();
    if (plugin.ready())
        for (const auto &method : plugin.description->methods)
            json.String(method.id);
    json.EndArray();
    text("state", state_of(plugin, catalogue.methods()));
    text("file", plugin.file.string());
    text("reason", plugin.reason);
    text("sha256", plugin.hash);
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

} // namespace sonde::plugin_host
