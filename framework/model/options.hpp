#pragma once

#include "model/instruction.hpp"

#include <vector>

namespace sonde::model {

// The options of a run in the order in which they count: the task's, then the action's. Both keep their place, since
// only the method knows which options are lists: for a scalar the last one of a name wins, a list's are appended. An
// action's option whose id a task's has too gets another one, so that ids stay unique, as a report needs them.
std::vector<Option> merge_options(const std::vector<Option> &task, const std::vector<Option> &action);

} // namespace sonde::model
