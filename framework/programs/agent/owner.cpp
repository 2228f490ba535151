#include "owner.hpp"

#include "base/result.hpp"
#include "plugin_host/plugin_row.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace sonde::agent {

namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

std::string error_answer(const Error &error)
{
    rapidjson::StringBuffer buffer;
    Json json(buffer);
    json.StartObject();
    json.Key("error");
    json.StartObject();
    json.Key("where");
    json.String(error.where);
    json.Key("what");
    json.String(error.what);
    json.Key("hint");
    json.String(error.hint);
    json.EndObject();
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

// A member that is a string; empty if there is none.
std::string text_of(const rapidjson::Document &request, const char *name)
{
    const auto found = request.FindMember(name);
    return found != request.MemberEnd() && found->value.IsString()
               ? std::string(found->value.GetString(), found->value.GetStringLength())
               : "";
}

} // namespace

std::string Owner::answer(std::string_view request)
{
    // Nesting costs the parser stack, unless it is told to keep its own.
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(request.data(),
                                                                                           request.size());
    if (document.HasParseError() || !document.IsObject())
        return error_answer({"request", "is no JSON object", R"(one line such as {"ask": "plugins"})"});
    const std::string asked = text_of(document, "ask");
    if (asked == "plugins")
        return plugins();
    if (asked == "release")
        return release(text_of(document, "plugin"));
    return error_answer({"ask", "'" + asked.substr(0, 80) + "' is not known", "plugins or release"});
}

std::string Owner::plugins() const
{
    std::string rows;
    for (const plugin_host::PluginFile &plugin : catalogue_.files())
        rows += (rows.empty() ? "" : ",") + plugin_host::plugin_row(plugin, catalogue_);
    return R"({"plugins":[)" + rows + "]}";
}

std::string Owner::release(const std::string &name)
{
    const std::vector<std::filesystem::path> files = catalogue_.release(name);
    if (files.empty())
        return error_answer({name.substr(0, 200), "no plugin of that name or file has failed to load",
                             "`sonde plugins` shows what is quarantined"});
    look_();
    rapidjson::StringBuffer buffer;
    Json json(buffer);
    json.StartObject();
    json.Key("released");
    json.StartArray();
    for (const std::filesystem::path &file : files) {
        log_->info("plugin released file={}", quoted(file.string()));
        json.String(file.string());
    }
    json.EndArray();
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

} // namespace sonde::agent
