#include "programs/cli/check/report_documents.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdio>

namespace sonde::cli {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

double seconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>(time).count();
}

void member(Writer &json, const char *name, const std::string &text)
{
    json.Key(name);
    json.String(text);
}

void member(Writer &json, const char *name, std::uint64_t number)
{
    json.Key(name);
    json.Uint64(number);
}

template <class Write>
std::string object(Write write)
{
    rapidjson::StringBuffer buffer;
    Writer json(buffer);
    json.SetMaxDecimalPlaces(3);
    json.StartObject();
    write(json);
    json.EndObject();
    return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

// XML 1.0 has no place for control characters, not even escaped.
std::string escaped(const std::string &text)
{
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
            out += '?';
        else
            out += c;
    }
    return out;
}

std::string decimal(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

std::string element(const char *name, const Judgement &judgement)
{
    return std::string("    <") + name + " message=\"" + escaped(judgement.text) + "\">" +
           escaped("why: " + judgement.rule.why + "\nmend: " + judgement.rule.mend) + "</" + name + ">\n";
}

std::string test_case(const Judgement &judgement, bool strict)
{
    const std::string family = judgement.rule.id.substr(0, judgement.rule.id.find('-'));
    std::string xml = "  <testcase classname=\"" + escaped(family) + "\" name=\"" + escaped(judgement.rule.id) +
                      "\" time=\"" + decimal(seconds(judgement.took)) + "\">\n";
    if (!judgement.exception.empty())
        xml += "    <skipped message=\"" + escaped("excepted: " + judgement.exception) + "\"/>\n";
    else if (judgement.status == CheckStatus::skipped)
        xml += "    <skipped message=\"" + escaped(judgement.text) + "\"/>\n";
    else if (judgement.status == CheckStatus::crash)
        xml += element("error", judgement);
    else if (judgement.complains(strict))
        xml += element("failure", judgement);
    else
        xml += "    <system-out>" + escaped(std::string(to_string(judgement.status)) + ": " + judgement.text) +
               "</system-out>\n";
    return xml + "  </testcase>\n";
}

} // namespace

std::string check_json(const CheckRule &rule)
{
    return object([&](Writer &json) {
        member(json, "rule", rule.id);
        member(json, "severity", rule.severity);
        member(json, "needs", rule.needs);
        member(json, "why", rule.why);
        member(json, "mend", rule.mend);
    });
}

std::string check_json(const Judgement &judgement)
{
    return object([&](Writer &json) {
        member(json, "rule", judgement.rule.id);
        member(json, "status", to_string(judgement.status));
        member(json, "text", judgement.text);
        member(json, "why", judgement.rule.why);
        member(json, "mend", judgement.rule.mend);
        if (!judgement.exception.empty())
            member(json, "exception", judgement.exception);
        json.Key("seconds");
        json.Double(seconds(judgement.took));
    });
}

std::string check_json(const CheckReport &report)
{
    return object([&](Writer &json) {
        member(json, "file", report.file.string());
        member(json, "plugin", report.headline);
        member(json, "seed", report.seed);
        member(json, "rules", report.judgements.size());
        for (const CheckStatus status :
             {CheckStatus::pass, CheckStatus::warning, CheckStatus::fail, CheckStatus::crash, CheckStatus::skipped})
            member(json, to_string(status), report.count(status));
        member(json, "excepted", report.excepted());
        json.Key("interrupted");
        json.Bool(report.interrupted);
        json.Key("conformant");
        json.Bool(report.conformant());
    });
}

std::string check_junit(const CheckReport &report)
{
    std::chrono::nanoseconds took{};
    for (const Judgement &judgement : report.judgements)
        took += judgement.took;
    const std::size_t failures =
        report.count(CheckStatus::fail) + (report.strict ? report.count(CheckStatus::warning) : 0);
    const std::size_t cut_off = report.interrupted ? 1 : 0;
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" +
                      escaped("sonde check " + report.file.filename().string()) + "\" tests=\"" +
                      std::to_string(report.judgements.size() + cut_off) + "\" failures=\"" + std::to_string(failures) +
                      "\" errors=\"" + std::to_string(report.count(CheckStatus::crash) + cut_off) + "\" skipped=\"" +
                      std::to_string(report.count(CheckStatus::skipped) + report.excepted()) + "\" time=\"" +
                      decimal(seconds(took)) + "\">\n";
    for (const Judgement &judgement : report.judgements)
        xml += test_case(judgement, report.strict);
    if (report.interrupted)
        xml += "  <testcase classname=\"check\" name=\"interrupted\">\n    <error message=\"interrupted before all was "
               "judged\"/>\n  </testcase>\n";
    return xml + "</testsuite>\n";
}

} // namespace sonde::cli
