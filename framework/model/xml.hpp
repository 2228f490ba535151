#pragma once

#include "model/instruction.hpp"
#include "model/reading.hpp"
#include "model/report.hpp"
#include "model/state.hpp"

#include <string>
#include <string_view>

// The documents of RFC 8194 in XML (RFC 7950): by the same tables as in JSON, with the same limits and checks. Pure;
// any thread.
namespace sonde::model {

// Whether a text can only be XML: its first character is '<'.
bool is_xml(std::string_view text);

// As read_instruction and the others read JSON. The document is the root alone, <lmap> or <report>, or within NETCONF's
// <config>, <data> or <rpc>. `where` of an error is the line and the path.
Reading<Instruction> read_instruction_xml(std::string_view xml);
Reading<Instruction> read_instruction_part_xml(std::string_view xml);
Reading<AgentState> read_state_xml(std::string_view xml);
Reading<Report> read_report_xml(std::string_view xml);

// A document that was written in JSON, by the functions of this room, in XML: indented, with a newline at the end.
std::string to_xml(std::string_view json);

} // namespace sonde::model
