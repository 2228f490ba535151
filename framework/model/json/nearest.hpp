#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sonde::model::json {

// A hint for a name that is none of `names`: "did you mean 'hourly'? events here: hourly, now". `kind` is the plural
// noun. At most ten names are listed.
std::string name_hint(std::string_view name, std::string_view kind, std::span<const std::string_view> names);

// The second half of it.
std::string listed(std::string_view kind, std::span<const std::string_view> names);

// `text` for a message: at most 64 bytes of it, without anything that could disturb a terminal or a log.
std::string shown(std::string_view text);

} // namespace sonde::model::json
