#pragma once

#include "frames/description.hpp"
#include "model/instruction.hpp"

#include <functional>
#include <vector>

namespace sonde::cli {

// What the tasks of an instruction are asked for is held against what their methods declare: options with their values,
// tables that are to be reported, and what a constraint compares.
struct MethodFindings {
    std::vector<Error> errors;
    std::vector<Error> warnings; // tasks whose method is not known here, so that nothing of them was checked
};

using FindMethod = std::function<Result<const frames::MethodDescription *>(const model::Task &)>;

// `find` is asked for every task but reports; what it returns has to last until this returns.
MethodFindings check_methods(const model::Instruction &instruction, const FindMethod &find);

} // namespace sonde::cli
