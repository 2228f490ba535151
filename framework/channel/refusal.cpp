#include "channel/message.hpp"
#include "channel/status.hpp"

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace sonde::channel {

namespace {

// RFC 8040 section 7: which error-tag belongs to a status.
const char *error_tag(int status)
{
    switch (status) {
    case 400:
        return "malformed-message";
    case 401:
    case 403:
        return "access-denied";
    case 404:
        return "invalid-value";
    case 405:
    case 501:
        return "operation-not-supported";
    case 409:
        return "in-use";
    case 413:
        return "too-big";
    case 422:
        return "invalid-value";
    case 429:
    case 503:
        return "resource-denied";
    default:
        return "operation-failed";
    }
}

} // namespace

Response refuse(int status, std::string reason, std::string_view error_path)
{
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> json(text);
    const auto member = [&](const char *name, std::string_view value) {
        json.Key(name);
        json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    json.StartObject();
    json.Key("ietf-restconf:errors");
    json.StartObject();
    json.Key("error");
    json.StartArray();
    json.StartObject();
    member("error-type", status >= 500 || status < 404 ? "protocol" : "application");
    member("error-tag", error_tag(status));
    if (!error_path.empty())
        member("error-path", error_path);
    member("error-message", reason);
    json.EndObject();
    json.EndArray();
    json.EndObject();
    json.EndObject();
    Response response{.status = status};
    response.content_type = kYangJson;
    response.body.assign(text.GetString(), text.GetSize());
    response.refusal = error_path.empty() ? std::move(reason) : std::string(error_path) + ": " + reason;
    return response;
}

Response refuse(int status, const Error &error)
{
    return refuse(status, to_string(Error{"", error.what, error.hint}), error.where);
}

std::string reason_of(const Response &response)
{
    rapidjson::Document document;
    // Iterative: a hostile server could nest deeper than our stack.
    document.Parse<rapidjson::kParseIterativeFlag>(response.body.data(), response.body.size());
    if (document.HasParseError())
        return std::string(status_phrase(response.status));
    const auto *message = rapidjson::GetValueByPointer(document, "/ietf-restconf:errors/error/0/error-message");
    const auto *path = rapidjson::GetValueByPointer(document, "/ietf-restconf:errors/error/0/error-path");
    if (message == nullptr || !message->IsString())
        return std::string(status_phrase(response.status));
    std::string reason(message->GetString(), message->GetStringLength());
    if (path != nullptr && path->IsString())
        reason = std::string(path->GetString(), path->GetStringLength()) + ": " + reason;
    return reason;
}

std::optional<Response> require_role(const Request &request, std::initializer_list<Role> roles)
{
    std::string allowed;
    for (const Role role : roles) {
        if (request.peer && request.peer->role == role)
            return std::nullopt;
        allowed += (allowed.empty() ? "" : " or ") + std::string(to_string(role));
    }
    const auto shown = request.peer ? "role " + std::string(to_string(request.peer->role)) : "no certificate";
    return refuse(403, shown + ", but this is for role " + allowed);
}

} // namespace sonde::channel
