#pragma once

#include "model/capabilities.hpp"
#include "plugin_host/catalogue.hpp"

namespace sonde::agent {

// What this agent can do: the methods of its plugins, and the built-in report.
model::Capabilities capabilities_of(const plugin_host::Catalogue &catalogue);

} // namespace sonde::agent
