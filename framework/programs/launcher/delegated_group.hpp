#pragma once

#include "base/result.hpp"

#include <istream>
#include <string>

namespace sonde::launcher {

// The group above those of runners where none is named: the one that this process is in, if it may make others below
// it, as a unit of systemd with Delegate= may. `groups` is what /proc/self/cgroup says, `root` where groups are
// mounted. Version 2 gives controllers only below a group without processes, so this process moves into one below,
// `launcher`.
Result<std::string> delegated_group(std::istream &groups, const std::string &root);

} // namespace sonde::launcher
