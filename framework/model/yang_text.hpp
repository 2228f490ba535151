#pragma once

#include <string>
#include <string_view>

namespace sonde::model {

// Whether YANG's string type can carry `text` (RFC 7950 section 9.4): UTF-8 without control characters other than tab,
// line feed and carriage return, and without non-characters.
bool is_yang_text(std::string_view text);

// `text` with everything that YANG's string type cannot carry replaced by U+FFFD.
std::string to_yang_text(std::string_view text);

} // namespace sonde::model
