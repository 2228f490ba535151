#include "model/json/context.hpp"
#include "model/json/document.hpp"
#include "model/limits.hpp"
#include "model/xml.hpp"
#include "model/xml/document.hpp"
#include "model/xml/names.hpp"

#include <array>
#include <stdexcept>

namespace sonde::model {

namespace {

std::string escaped(std::string_view text)
{
    std::string all;
    for (const char c : text) {
        if (c == '&')
            all += "&amp;";
        else if (c == '<')
            all += "&lt;";
        else if (c == '>')
            all += "&gt;";
        else if (c == '\r') // a parser takes it for a line feed, and pugixml's own writer leaves it as it is
            all += "&#13;";
        else
            all += c;
    }
    return all;
}

class XmlWriter {
public:
    // `name` as in JSON: without its module where that is the parent's.
    void member(std::string_view name, const json::Value &value, std::string_view module, std::size_t depth)
    {
        const bool is_empty = value.IsArray() && value.Size() == 1 && value[0].IsNull();
        if (value.IsArray() && !is_empty) {
            for (const json::Value &entry : value.GetArray())
                element(name, entry, module, depth);
            return;
        }
        element(name, value, module, depth);
    }

    std::string text;

private:
    void element(std::string_view name, const json::Value &value, std::string_view parent, std::size_t depth)
    {
        constexpr std::size_t kIndent = 2;
        const xml::Name parts = xml::split(name);
        const std::string_view module = parts.prefix.empty() ? parent : parts.prefix;
        const std::string local(parts.local);
        text.append(depth * kIndent, ' ').append("<").append(local);
        if (module != parent)
            text.append(" xmlns=\"").append(xml::namespace_of(module)).append("\"");
        if (value.IsObject() && !value.ObjectEmpty()) {
            text += ">\n";
            for (const auto &member_of_it : value.GetObject())
                member(json::text_of(member_of_it.name), member_of_it.value, module, depth + 1);
            text.append(depth * kIndent, ' ').append("</" + local + ">\n");
            return;
        }
        const std::string content = content_of(value);
        text.append(content.empty() ? "/>\n" : ">" + content + "</" + local + ">\n");
    }

    static std::string content_of(const json::Value &value)
    {
        if (value.IsString())
            return escaped(json::text_of(value));
        if (value.IsBool())
            return value.GetBool() ? "true" : "false";
        return value.IsInt64() ? std::to_string(value.GetInt64()) : std::string();
    }
};

} // namespace

std::string to_xml(std::string_view text)
{
    rapidjson::Document document;
    if (const auto error = json::parse(text, kReportBytesMax, document))
        throw std::logic_error("to_xml is given what no function here has written: " + to_string(*error));
    XmlWriter writer;
    for (const auto &member : document.GetObject())
        for (const xml::Root &root : {xml::kLmap, xml::kReport})
            if (json::text_of(member.name) == root.json)
                writer.member(std::string(root.module) + ':' + std::string(root.element), member.value, {}, 0);
    return std::move(writer.text);
}

} // namespace sonde::model
