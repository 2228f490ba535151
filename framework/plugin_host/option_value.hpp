#pragma once

#include "base/result.hpp"
#include "frames/description.hpp"
#include "frames/messages.hpp"

#include <string>

// One option's value: from its text form to the declared type, within the declared bounds.
namespace sonde::plugin_host {

// A value of one option in its text form; for a list, commas separate. `where` is the option's name.
Result<frames::OptionValue> read_value(const frames::OptionDescription &option, const std::string &text);

// Adds what the text says to a value: replaces a scalar's, appends a list's.
Result<void> take_value(const frames::OptionDescription &option, const std::string &text, frames::OptionValue &value);

// Whether the bounds and the default value are of the option's type, and the default is within the bounds.
Result<void> check_option(const frames::OptionDescription &option);

} // namespace sonde::plugin_host
