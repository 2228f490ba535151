#include "model/any_document.hpp"

#include "model/instruction_json.hpp"
#include "model/json/instruction_tables.hpp"
#include "model/json/root.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"
#include "model/xml.hpp"
#include "model/xml/conversion.hpp"

#include <array>
#include <utility>

namespace sonde::model {

namespace {

template <class T, class Write>
Reading<std::string> rewritten(Reading<T> reading, Write write)
{
    Reading<std::string> text{.errors = std::move(reading.errors)};
    if (reading.value)
        text.value = write(*reading.value);
    return text;
}

const json::Value *member(const json::Value &object, const char *name)
{
    if (!object.IsObject())
        return nullptr;
    const auto found = object.FindMember(name);
    return found == object.MemberEnd() ? nullptr : &found->value;
}

// What an agent says of itself and nobody may configure.
bool is_state(const json::Value &lmap)
{
    const json::Value *agent = member(lmap, "agent");
    return member(lmap, "capabilities") != nullptr || (agent != nullptr && member(*agent, "last-started") != nullptr);
}

Reading<std::string> read_json(std::string_view text)
{
    rapidjson::Document document;
    if (auto error = json::parse(text, kReportBytesMax, document))
        return {.errors = {std::move(*error)}};
    if (member(document, "ietf-lmap-report:input") != nullptr)
        return rewritten(read_report(text), [](const Report &report) { return json::indented(write_report(report)); });
    const json::Value *lmap = member(document, "ietf-lmap-control:lmap");
    if (lmap != nullptr && is_state(*lmap))
        return rewritten(read_state(text), [](const AgentState &state) { return json::indented(write_state(state)); });
    return rewritten(read_instruction_part(text), write_instruction);
}

} // namespace

Reading<std::string> read_any_document(std::string_view text)
{
    if (!is_xml(text))
        return read_json(text);
    const std::array roots{&xml::kLmap, &xml::kReport};
    const auto document = xml::Document::parse(text, kReportBytesMax, roots);
    if (!document)
        return {.errors = {document.error()}};
    return xml::read_converted(*document, read_json);
}

} // namespace sonde::model
