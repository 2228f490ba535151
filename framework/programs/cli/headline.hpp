#pragma once

#include "frames/description.hpp"
#include "plugin_host/options.hpp"

#include <string>
#include <vector>

namespace sonde::cli {

// What a run is about to do, from the method's description alone: the method, whom it asks, every option in force with
// its unit, the clocks of its stamps. One line, not wrapped.
std::string headline(const frames::MethodDescription &method, const plugin_host::Arguments &arguments);

// The options that the headline names with a single value: a column of the same name that only repeats it says nothing.
std::vector<std::string> settled_options(const frames::MethodDescription &method,
                                         const plugin_host::Arguments &arguments);

} // namespace sonde::cli
