#include "model/xml.hpp"

#include "model/instruction_json.hpp"
#include "model/limits.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"
#include "model/xml/conversion.hpp"
#include "model/xml/text.hpp"

#include <array>

namespace sonde::model {

namespace {

template <class T>
Reading<T> read_xml(std::string_view text, std::size_t bytes_max, const xml::Root &root,
                    Reading<T> (*read)(std::string_view json))
{
    const std::array roots{&root};
    const auto document = xml::Document::parse(text, bytes_max, roots);
    if (!document)
        return {.errors = {document.error()}};
    return xml::read_converted(*document, read);
}

} // namespace

bool is_xml(std::string_view text)
{
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());
    return xml::trimmed(text).starts_with('<');
}

Reading<Instruction> read_instruction_xml(std::string_view text)
{
    return read_xml(text, kInstructionBytesMax, xml::kLmap, read_instruction);
}

Reading<Instruction> read_instruction_part_xml(std::string_view text)
{
    return read_xml(text, kInstructionBytesMax, xml::kLmap, read_instruction_part);
}

Reading<AgentState> read_state_xml(std::string_view text)
{
    return read_xml(text, kStateBytesMax, xml::kLmap, read_state);
}

Reading<Report> read_report_xml(std::string_view text)
{
    return read_xml(text, kReportBytesMax, xml::kReport, read_report);
}

} // namespace sonde::model
