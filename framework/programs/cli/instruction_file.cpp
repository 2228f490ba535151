#include "programs/cli/instruction_file.hpp"

#include "model/instruction_json.hpp"
#include "model/limits.hpp"
#include "model/xml.hpp"
#include "programs/cli/file.hpp"

#include <utility>

namespace sonde::cli {

InstructionFile read_instruction_file(Console &console, const std::string &file)
{
    Result<std::string> text = read_given(file, model::kInstructionBytesMax);
    if (!text) {
        const ExitStatus status = input_status(text.error());
        fail(console, text.error(), status);
        return {status, {}, {}};
    }
    auto reading = model::is_xml(*text) ? model::read_instruction_xml(*text) : model::read_instruction(*text);
    for (const Error &warning : reading.warnings)
        console.say(printable("warning: " + file + ": " + to_string(warning)));
    for (Error error : reading.errors) {
        error.where = error.where.empty() ? file : file + ": " + error.where;
        fail(console, error, kUsage);
    }
    if (!reading)
        return {kUsage, {}, {}};
    if (model::is_xml(*text))
        *text = model::write_instruction(*reading);
    return {kDone, std::move(*text), std::move(*reading.value)};
}

} // namespace sonde::cli
