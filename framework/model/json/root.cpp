#include "model/json/root.hpp"

#include <rapidjson/prettywriter.h>

#include <algorithm>

namespace sonde::model::json {

bool is_void(const Value &value)
{
    if (value.IsArray())
        return value.Empty();
    if (!value.IsObject())
        return false;
    for (const auto &member : value.GetObject())
        if (!is_void(member.value))
            return false;
    return true;
}

const Schema *find_schema(std::span<const Schema> schemas, std::string_view name)
{
    const auto found =
        std::find_if(schemas.begin(), schemas.end(), [&](const Schema &schema) { return schema.name == name; });
    return found == schemas.end() ? nullptr : &*found;
}

const Value *find_root(Context &context, const Value &document, std::string_view root)
{
    if (!document.IsObject()) {
        context.wrong_type("an object {\"" + std::string(root) + "\": ...}", document);
        return nullptr;
    }
    const Value *found = nullptr;
    for (const auto &member : document.GetObject()) {
        if (text_of(member.name) != root)
            context.error_at(text_of(member.name), "no node named '" + shown(text_of(member.name)) + "'",
                             "the document is {\"" + std::string(root) + "\": ...}");
        else if (found != nullptr)
            context.error_at(root, "is there twice");
        else
            found = &member.value;
        if (context.full())
            return nullptr;
    }
    if (found == nullptr && document.ObjectEmpty())
        context.error_at(root, "is missing", "the document is {\"" + std::string(root) + "\": ...}");
    return found;
}

std::string indented(const std::string &json)
{
    rapidjson::StringBuffer buffer;
    rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
    writer.SetIndent(' ', 2);
    rapidjson::StringStream stream(json.c_str());
    rapidjson::Reader().Parse(stream, writer);
    return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

} // namespace sonde::model::json
