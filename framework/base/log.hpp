#pragma once

#include "base/result.hpp"

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>

namespace sonde {

// A program's log: one event a line on stderr, `key=value` pairs behind stable words.
//   error    somebody must act          warning  something was lost or refused
//   info     a state changed            debug    the rest, and anything that names a user's address
// Handed to whatever needs it; there is no global one. Thread-safe.
using Log = spdlog::logger;

// A log that writes to stderr. `level` is one of error, warning, info, debug.
Result<std::shared_ptr<Log>> make_log(const std::string &program, std::string_view level);

// quoted(value): for `key=value`; in quotation marks, with control characters escaped, when it is not one plain word.
// An object and no function, because for a std::string argument-dependent lookup would prefer std::quoted.
struct Quoted {
    std::string operator()(std::string_view value) const;
};
inline constexpr Quoted quoted;

} // namespace sonde
