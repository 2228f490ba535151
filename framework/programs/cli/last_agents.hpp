#pragma once

#include <string>
#include <vector>

namespace sonde::cli {

// The agents that this user chose the last time, for the word `last`. They are kept below $XDG_STATE_HOME, or
// ~/.local/state; where that cannot be written, `last` finds nothing, and nothing else is lost.
std::vector<std::string> last_agents();
void keep_last_agents(const std::vector<std::string> &ids);

} // namespace sonde::cli
