#pragma once

#include "model/reading.hpp"

#include <string>
#include <string_view>

namespace sonde::model {

// A document of any kind that has a root of its own, an instruction, a state or a report, in JSON or XML: in JSON as
// this room writes it, indented. The types of its nodes are checked; whether an instruction makes sense is not asked.
// Pure; any thread.
Reading<std::string> read_any_document(std::string_view text);

} // namespace sonde::model
