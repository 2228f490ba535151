// libFuzzer's target for every document that the model reads. The first byte chooses the kind; what reads well must
// write and read back as the same.
#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sonde::model;

template <class Read, class Write>
void there_and_back(std::string_view text, Read read, Write write)
{
    const auto reading = read(text);
    if (reading.value.has_value() != reading.errors.empty())
        std::abort();
    if (reading && read(write(*reading)).value != reading.value)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    switch (data[0]) {
    case 'i':
        there_and_back(text, read_instruction, write_instruction);
        break;
    case 'r':
        there_and_back(text, read_report, [](const Report &report) { return write_report(report); });
        break;
    case 'c':
        there_and_back(text, read_capabilities, write_capabilities);
        break;
    case 's':
        there_and_back(text, read_state, write_state);
        break;
    default:
        there_and_back(text, read_failures, write_failures);
    }
    return 0;
}
