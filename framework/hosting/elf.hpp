#pragma once

#include "base/result.hpp"

#include <string>

namespace sonde::hosting {

// Reads from a plugin's file, without loading it, whether this host can load it: a whole shared object for this machine
// that exports sonde_plugin_v1 with a prefix of ABI 1. The error says in a few words what it is instead; its `where` is
// empty, since whoever asked knows the file.
Result<void> check_plugin_file(const std::string &path);

} // namespace sonde::hosting
