#pragma once

#include "model/instruction.hpp"
#include "model/reading.hpp"

#include <string>
#include <string_view>

namespace sonde::model {

// Reads an instruction, `{"ietf-lmap-control:lmap": {...}}` in the JSON of RFC 7951, and checks it as a whole: types,
// ranges, unknown nodes, keys, references, and whether this version can do what is asked. Nothing is ever ignored
// silently: what cannot be done is an error, what is probably not meant is a warning. Pure; any thread.
Reading<Instruction> read_instruction(std::string_view json);

// The same without what check_instruction does: a document whose references may lead to another one, or that is only to
// be written in another form.
Reading<Instruction> read_instruction_part(std::string_view json);

// Indented, with a newline at the end; defaults are left out. read_instruction(write_instruction(x)) == x for every x
// that passes the checks.
std::string write_instruction(const Instruction &instruction);

// The part of read_instruction's checks that goes beyond the types: for an instruction that was made by a program.
void check_instruction(const Instruction &instruction, std::vector<Error> &errors, std::vector<Error> &warnings);

} // namespace sonde::model
