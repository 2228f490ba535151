#pragma once

#include "model/instruction.hpp"
#include "model/reading.hpp"

#include <span>
#include <string>

namespace sonde::model {

// A document that holds a part of an instruction: some tasks here, some schedules there, as lmapd has it.
struct InstructionPart {
    std::string name; // its file, for messages
    std::string text;
};

// Reads the parts and checks what they are together: a reference may lead from one to another. A name that two parts
// define, and a second part with a configuration of the agent, are errors. `where` of an error that belongs to one part
// begins with its name. Pure; any thread.
Reading<Instruction> read_instruction_parts(std::span<const InstructionPart> parts);

} // namespace sonde::model
