#include "owner.hpp"

#include "base/result.hpp"
#include "model/json/object_text.hpp"
#include "offers.hpp"
#include "plugin_host/plugin_row.hpp"

#include <rapidjson/document.h>

#include <utility>

namespace sonde::agent {

namespace {

using model::json::ObjectText;

// A member that is a string; empty if there is none.
std::string text_of(const rapidjson::Document &request, const char *name)
{
    const auto found = request.FindMember(name);
    return found != request.MemberEnd() && found->value.IsString()
               ? std::string(found->value.GetString(), found->value.GetStringLength())
               : "";
}

} // namespace

std::string error_answer(const Error &error)
{
    ObjectText json;
    json.begin_object("error").add("where", error.where).add("what", error.what).add("hint", error.hint);
    return json.end_object().text();
}

asio::awaitable<std::string> Owner::answer(std::string_view request)
{
    // Nesting costs the parser stack, unless it is told to keep its own.
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(request.data(),
                                                                                           request.size());
    if (document.HasParseError() || !document.IsObject())
        co_return error_answer({"request", "is no JSON object", R"(one line such as {"ask": "plugins"})"});
    const std::string asked = text_of(document, "ask");
    if (asked == "plugins")
        co_return plugins();
    if (asked == "release")
        co_return release(text_of(document, "plugin"));
    if (asked == "status") {
        std::string status = co_await status_answer(view_);
        co_return status;
    }
    if (asked == "state") {
        std::string state = co_await state_answer(view_, capabilities_of(catalogue_));
        co_return state;
    }
    if (asked == "why") {
        std::string why =
            co_await this->why(text_of(document, "schedule"), text_of(document, "from"), text_of(document, "to"));
        co_return why;
    }
    if (asked == "trace") {
        std::string trace = co_await trace_answer(view_, text_of(document, "run"));
        co_return trace;
    }
    co_return error_answer(
        {"ask", "'" + asked.substr(0, 80) + "' is not known", "plugins, release, status, state, why or trace"});
}

asio::awaitable<std::string> Owner::why(const std::string &schedule, const std::string &from, const std::string &to)
{
    WhyQuestion question{schedule};
    for (const auto &[text, time] : {std::pair(&from, &question.from), std::pair(&to, &question.to)}) {
        if (text->empty())
            continue;
        const auto moment = model::parse_date_time(*text);
        if (!moment)
            co_return error_answer(moment.error());
        *time = *moment;
    }
    std::string answer = co_await why_answer(view_, std::move(question));
    co_return answer;
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
    ObjectText json;
    json.begin_list("released");
    for (const std::filesystem::path &file : files) {
        log_->info("plugin released file={}", quoted(file.string()));
        json.item(file.string());
    }
    return json.end_list().text();
}

} // namespace sonde::agent
