#pragma once

#include "model/capabilities.hpp"
#include "model/reading.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sonde::model {

// The input of the rpc `sonde-lmap:capabilities`: {"sonde-lmap:input": {...}}.
Reading<Capabilities> read_capabilities(std::string_view json);
std::string write_capabilities(const Capabilities &capabilities);

// The input of the rpc `sonde-lmap:failure`, a list of them: {"sonde-lmap:input": {"failure": [...]}}.
Reading<std::vector<Failure>> read_failures(std::string_view json);
std::string write_failures(const std::vector<Failure> &failures);

} // namespace sonde::model
