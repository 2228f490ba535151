#pragma once

#include "frames/description.hpp"
#include "model/instruction.hpp"
#include "plugin_host/catalogue.hpp"

#include <functional>
#include <vector>

namespace sonde::plugin_host {

// What the tasks of an instruction are asked for is held against what their methods declare: options with their values,
// tables that are to be reported, what a constraint compares, and who gets the results. `where` is
// the path in the instruction.
struct MethodFindings {
    std::vector<Error> errors;
    std::vector<Error> warnings;
    std::vector<Error> unknown; // tasks whose method is not known here, so that nothing of them was checked
};

using FindMethod = std::function<Result<const frames::MethodDescription *>(const model::Task &)>;

// Asks a catalogue, which has to last and not to change meanwhile.
FindMethod finder(const Catalogue &catalogue);

// Whose interfaces an instruction names: this machine's, which has to have them, or those of others.
enum class Interfaces { of_this_machine, of_others };

// `find` is asked for every task but reports; what it returns has to last until this returns.
MethodFindings check_methods(const model::Instruction &instruction, const FindMethod &find, Interfaces interfaces);

} // namespace sonde::plugin_host
