#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace sonde::cli {

// Rules whose failure is put up with, each with the reason: lines of the form `RULE: reason`; `#` begins a comment. The
// error names the line.
Result<std::map<std::string, std::string>> parse_exceptions(const std::string &file, std::string_view text);

} // namespace sonde::cli
