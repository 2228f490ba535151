#pragma once

#include <string_view>

namespace sonde::model {

// Whether all of `text` matches a pattern of RFC 8194's type glob-pattern, as POSIX.2's fnmatch() does it without flags:
// `*`, `?`, `[seq]`, `[!seq]`, and a backslash before a character that means itself. A `[` that is never closed means
// itself, a backslash at the end matches nothing. By characters of UTF-8; classes like [:alpha:] are not known. Takes
// time in proportion to the product of the lengths, whatever the pattern: it may come from anybody.
bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace sonde::model
