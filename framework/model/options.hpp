#pragma once

#include "model/instruction.hpp"

#include <vector>

namespace sonde::model {

// The options of an action: what its task has for the interface and the family, as options of these names, then the
// task's, then its own, so that of a scalar the last one counts. An id that is there already gets a number, since it is
// the list's key in a report.
std::vector<Option> merge_options(const Task &task, const Action &action);

} // namespace sonde::model
