#pragma once

#include "model/instruction.hpp"
#include "programs/cli/verb.hpp"

#include <string>

namespace sonde::cli {

struct InstructionFile {
    ExitStatus status = kDone; // else it cannot be read, or is not valid
    std::string text;          // in JSON, as a controller takes it
    model::Instruction instruction;
};

// Reads a file in JSON or XML, or stdin for -, checks it as a controller does, and says every finding.
InstructionFile read_instruction_file(Console &console, const std::string &file);

} // namespace sonde::cli
