#pragma once

#include "base/result.hpp"
#include "frames/description.hpp"
#include "frames/messages.hpp"
#include "model/instruction.hpp"

#include <cstddef>
#include <string>

// A method's functions: the entries of registries that a task may name, with the options that they fix.
namespace sonde::plugin_host {

// The one of that URI that has all the roles; nullptr: the method does not implement it.
const frames::FunctionDescription *find_function(const frames::MethodDescription &method,
                                                 const model::Function &wanted);

struct FixedOption {
    std::size_t index = 0; // into the method's options
    frames::OptionValue value;
};

// NAME=VALUE as a function fixes it. `where` of an error is "method/option", or the method where there is no such
// option.
Result<FixedOption> read_fixed_option(const frames::MethodDescription &method, const std::string &pair);

// Whether all functions fix options of the method, each once and at a value that it takes. `where` is as above.
Result<void> check_functions(const frames::MethodDescription &method);

} // namespace sonde::plugin_host
