#pragma once

#include "plugin_host/catalogue.hpp"

#include <string>

namespace sonde::plugin_host {

// A plugin file as one JSON object, for `sonde plugins`: plugin, version, methods, state, file, reason, sha256. States:
// "ready"; "refused"; "quarantined"; "loading", it is being looked at; "shadowed", another file, of a directory before
// it, has what this one could offer; "unfit", its methods say that they cannot run here.
std::string plugin_row(const PluginFile &plugin, const Catalogue &catalogue);

} // namespace sonde::plugin_host
