#pragma once

#include "programs/cli/doctor/finding.hpp"

#include <filesystem>

// What an agent is given by its command line.
namespace sonde::cli {

Finding find_state(const std::filesystem::path &folder);
// A folder of plugins; the launcher's daemon loads from it only if nobody but root and its user could exchange a file.
Finding find_plugins(const std::filesystem::path &folder);
Finding find_policy(const std::filesystem::path &file);

} // namespace sonde::cli
