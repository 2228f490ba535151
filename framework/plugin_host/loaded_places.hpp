#pragma once

#include "base/result.hpp"
#include "frames/loaded_file.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sonde::plugin_host {

// Whether a runner can have loaded what it says: a few files, of the system's libraries, from the plugin's own folder or
// from what plugins may read besides. They are looked at before each run, and a runner is not trusted to say where: a
// path on a device or on a mount that hangs would stop the agent. The error names the first that is elsewhere.
Result<void> check_places(const std::vector<frames::LoadedFile> &files, const std::filesystem::path &plugin,
                          const std::vector<std::string> &readable);

// The place, absolute, among `readable` that holds, itself or below it, the library that a file needs and did not find,
// by the words of a describing process whose loader was not let there: "does not load: NAME: cannot open shared object
// file: ...".
std::optional<std::string> place_of_library(const std::string &words, const std::vector<std::string> &readable);

} // namespace sonde::plugin_host
