#pragma once

#include "model/instruction.hpp"
#include "programs/cli/verb.hpp"

#include <string>

namespace sonde::cli {

struct InstructionFile {
    ExitStatus status = kDone; // else it cannot be read, or is not valid
    std::string text;
    model::Instruction instruction;
};

// Reads a file, or stdin for -, checks it as a controller does, and says every finding.
InstructionFile read_instruction_file(Console &console, const std::string &file);

} // namespace sonde::cli
