#pragma once

#include "programs/cli/doctor/finding.hpp"

#include <filesystem>
#include <optional>
#include <sys/types.h>

// What an agent is given by its command line.
namespace sonde::cli {

// `agent`: as whom it runs, where that is known.
Finding find_state(const std::filesystem::path &folder, std::optional<uid_t> agent);
// A folder of plugins; the launcher's daemon loads from it only if nobody but root and its user could exchange a file.
Finding find_plugins(const std::filesystem::path &folder, uid_t launcher);
Finding find_policy(const std::filesystem::path &file);

} // namespace sonde::cli
