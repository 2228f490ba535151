#pragma once

#include "base/result.hpp"
#include "frames/description.hpp"
#include "frames/messages.hpp"
#include "model/instruction.hpp"

#include <string>
#include <vector>

namespace sonde::cli {

// The words behind a method on the command line as its options: `name=value`, `name` alone for a BOOL, and one value
// without a name: that of the first required option, or the interface where the method needs one and requires nothing.
Result<std::vector<model::Option>> read_words(const frames::MethodDescription &method,
                                              const std::vector<std::string> &words);

// What a person lets a method know of the line, `NAME=VALUE`; the error is for what the method does not ask for.
Result<std::vector<frames::Parameter>> read_parameters(const frames::MethodDescription &method,
                                                       const std::vector<std::string> &words);

} // namespace sonde::cli
