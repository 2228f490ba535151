#pragma once

#include "base/result.hpp"

#include <rapidjson/document.h>

#include <optional>
#include <string_view>

namespace sonde::model::json {

// Parses JSON into `document`, which keeps copies of the strings. Refuses what is longer than `bytes_max`, is nested
// deeper than kDepthMax, holds a NUL or is not UTF-8; parsing takes no stack in proportion to the text. `where` of the
// error is the line and column.
std::optional<Error> parse(std::string_view text, std::size_t bytes_max, rapidjson::Document &document);

} // namespace sonde::model::json
