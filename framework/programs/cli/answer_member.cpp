#include "programs/cli/answer_member.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace sonde::cli {

const rapidjson::Value &member(const rapidjson::Value &object, const char *name)
{
    static const rapidjson::Value nothing;
    if (!object.IsObject())
        return nothing;
    const auto found = object.FindMember(name);
    return found == object.MemberEnd() ? nothing : found->value;
}

std::string text_member(const rapidjson::Value &object, const char *name)
{
    const rapidjson::Value &value = member(object, name);
    return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : std::string();
}

std::uint64_t number_member(const rapidjson::Value &object, const char *name)
{
    const rapidjson::Value &value = member(object, name);
    return value.IsUint64() ? value.GetUint64() : 0;
}

bool flag_member(const rapidjson::Value &object, const char *name)
{
    const rapidjson::Value &value = member(object, name);
    return value.IsBool() && value.GetBool();
}

rapidjson::Value::ConstArray list_member(const rapidjson::Value &object, const char *name)
{
    static const rapidjson::Value nothing(rapidjson::kArrayType);
    const rapidjson::Value &value = member(object, name);
    return (value.IsArray() ? value : nothing).GetArray();
}

std::string json_line(const rapidjson::Value &value)
{
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

} // namespace sonde::cli
