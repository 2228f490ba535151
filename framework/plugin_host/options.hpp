#pragma once

#include "base/result.hpp"
#include "frames/description.hpp"
#include "frames/messages.hpp"
#include "model/instruction.hpp"
#include "model/reading.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

// From options as text, in an instruction or on a command line, to the typed values that a method gets by position.
namespace sonde::plugin_host {

// The three options that belong to the host and exist for every method: interface, source, family.
struct Network {
    std::string interface; // empty: the system routes
    std::uint32_t interface_index = 0;
    std::uint8_t family = 0; // 4, 6 or 0 for any
    frames::Ip source;       // family 0: the system chooses

    bool operator==(const Network &) const = default;
};

struct Arguments {
    std::vector<frames::OptionValue> values; // by position, defaults filled in
    Network network;
    std::vector<std::string> targets; // the values of options declared as targets, for the line owner's policy

    bool operator==(const Arguments &) const = default;
};

// Checks options against the method's declaration. The same name several times: a list's values are appended (commas
// split them too), for a scalar the last one wins. An option without a value is true if it is a BOOL, else an error.
// Every error is found; `where` is the option's name. A DURATION is negative only where its declared minimum is. Reads
// the names of the machine's interfaces. `functions` are those that a task names: what one of them fixes is filled in
// before the defaults, and another value is an error.
model::Reading<Arguments> read_options(const frames::MethodDescription &method, std::span<const model::Option> options,
                                       std::span<const model::Function> functions = {});

// Whether the texts of a description mean something: bounds and default values have the options' types and keep them,
// none has a name that is the host's, traffic bounds are expressions over options, and functions fix options at values
// that those take. `where` is "method/option".
Result<void> check_texts(const frames::Description &description);

// NAME=VALUE, something that methods may know of the line.
Result<frames::Parameter> parse_parameter(const std::string &word);

// The option whose value may stand without its name on a command line: the first required one. Nothing if there is
// none.
const frames::OptionDescription *positional(const frames::MethodDescription &method);

} // namespace sonde::plugin_host
