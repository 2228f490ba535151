#pragma once

#include "base/result.hpp"
#include "plugin_host/host.hpp"

#include <string>

namespace sonde::cli {

// How to run a plugin under a tool: `gdb`, `valgrind --leak-check=full`, ...
Result<plugin_host::Attendance> attend_by(const std::string &tool);

// Limits for that: a person or a slow tool may take their time.
plugin_host::HostSettings attended_settings(const plugin_host::Attendance &attendance);

} // namespace sonde::cli
