#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace sonde::cli {

// Why the failure of a rule is put up with.
struct Exception {
    std::string reason;
    std::string where; // "FILE:LINE"
};

// By rule: lines of the form `RULE: reason`; `#` begins a comment. The error names the line.
Result<std::map<std::string, Exception>> parse_exceptions(const std::string &file, std::string_view text);

} // namespace sonde::cli
