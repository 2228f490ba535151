// libFuzzer's target for documents in XML: what reads well must write and read back as the same.
#include "model/any_document.hpp"
#include "model/instruction_json.hpp"
#include "model/xml.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace sonde::model;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto instruction = read_instruction_part_xml(text);
    if (instruction.value.has_value() != instruction.errors.empty())
        std::abort();
    if (instruction && read_instruction_part_xml(to_xml(write_instruction(*instruction))).value != instruction.value)
        std::abort();
    const auto any = read_any_document(text);
    if (any && read_any_document(to_xml(*any)).value != any.value)
        std::abort();
    return 0;
}
